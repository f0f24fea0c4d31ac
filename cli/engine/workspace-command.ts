import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { endProcessGroup } from '../../fixtures/processes.js'
import type { Run } from '../../fixtures/run.js'
import { cleanEnvironment } from './isolation/process-launcher.js'

export interface WorkspaceCommand {
  readonly command: string
  readonly cwd: string
  /** Variables besides the inherited ones. */
  readonly env: Readonly<Record<string, string>>
  readonly inherited: NodeJS.ProcessEnv
  readonly run: Run
  readonly limitMs: number
  /** How long what it has left running may take to end after SIGTERM; by default it is killed. */
  readonly graceMs?: number
  /** Gets what it prints on both streams, as it comes. */
  readonly onOutput?: (text: string) => void
  /** Ends it; then this rejects. */
  readonly signal?: AbortSignal
}

export interface RanCommand {
  /** Its first MiB. */
  readonly stdout: string
  /** Why it did not end with exit code 0; absent when it did. */
  readonly failure?: string
}

const MAX_OUTPUT_BYTES = 1024 * 1024
const STREAMS_MS = 1_000

/** Runs a command of the learner's in the learner's folder, and ends all that it started. */
export async function runWorkspaceCommand(options: WorkspaceCommand): Promise<RanCommand> {
  const { command, cwd, env, inherited, run, limitMs, graceMs = 0, onOutput, signal } = options
  const child = spawn(command, {
    shell: true,
    detached: true,
    cwd,
    stdio: ['ignore', 'pipe', onOutput ? 'pipe' : 'ignore'],
    env: { ...cleanEnvironment(inherited), ...env, ...run.env },
  })
  const { pid } = child
  if (pid === undefined) return { stdout: '', failure: 'it could not be started' }
  run.own(pid, { group: true })
  const closed = once(child, 'close')
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, MAX_OUTPUT_BYTES)
    onOutput?.(text)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text))
  const failure = await new Promise<string | undefined>(resolve => {
    const timer = setTimeout(() => resolve(`it did not end within ${limitMs / 1000} s`), limitMs)
    const abort = () => resolve('it was interrupted')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    child.on('exit', (code, endedBy) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      if (code === 0) resolve(undefined)
      else resolve(endedBy ? `it was ended by ${endedBy}` : `it ended with exit code ${code}`)
    })
  })
  await endProcessGroup(pid, { graceMs })
  // What it printed last is still on its way; a process that left the group may hold the streams open.
  await Promise.race([closed, sleep(STREAMS_MS)])
  signal?.throwIfAborted()
  return { stdout, ...(failure !== undefined && { failure }) }
}
