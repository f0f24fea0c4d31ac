import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { processStartedAt } from '../../fixtures/processes.js'
import { privateDir, type Workspace, writePrivate } from './workspace.js'

/** The `bep start` that runs in a workspace. */
export interface RunningServer {
  readonly pid: number
  /** Of the process, against a pid that was used again. */
  readonly startedAt: string
  /** Where the learner's server is reached. */
  readonly url: string
}

const stateName = 'server.json'
const stateFile = (workspace: Workspace) => path.join(privateDir(workspace), stateName)

/** The running `bep start` of this workspace, if there is one. */
export async function findRunningServer(workspace: Workspace): Promise<RunningServer | undefined> {
  const text = await readFile(stateFile(workspace), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const server = JSON.parse(text) as RunningServer
    return processStartedAt(server.pid) === server.startedAt ? server : undefined
  } catch {
    return undefined
  }
}

/** Says that this process runs the workspace's server; gives the way to take it back. */
export async function announceServer(workspace: Workspace, url: string): Promise<() => Promise<void>> {
  const server: RunningServer = { pid: process.pid, startedAt: processStartedAt(process.pid) ?? '', url }
  await writePrivate(workspace, stateName, JSON.stringify(server))
  return () => rm(stateFile(workspace), { force: true })
}
