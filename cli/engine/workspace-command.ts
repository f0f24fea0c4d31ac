import { spawn } from 'node:child_process'
import { endProcessGroup } from '../../fixtures/processes.js'
import type { Run } from '../../fixtures/run.js'
import { cleanEnvironment } from './app.js'

export interface WorkspaceCommand {
  readonly command: string
  readonly cwd: string
  /** Variables besides the inherited ones. */
  readonly env: Readonly<Record<string, string>>
  readonly inherited: NodeJS.ProcessEnv
  readonly run: Run
  readonly limitMs: number
}

export interface RanCommand {
  /** Its first MiB. */
  readonly stdout: string
  /** Why it did not end with exit code 0; absent when it did. */
  readonly failure?: string
}

const MAX_OUTPUT_BYTES = 1024 * 1024

/** Runs a command of the learner's in the learner's folder, and ends all that it started. */
export async function runWorkspaceCommand(options: WorkspaceCommand): Promise<RanCommand> {
  const { command, cwd, env, inherited, run, limitMs } = options
  const child = spawn(command, {
    shell: true,
    detached: true,
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...cleanEnvironment(inherited), ...env, ...run.env },
  })
  const { pid } = child
  if (pid === undefined) return { stdout: '', failure: 'it could not be started' }
  run.own(pid, { group: true })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, MAX_OUTPUT_BYTES)
  })
  const failure = await new Promise<string | undefined>(resolve => {
    const timer = setTimeout(() => resolve(`it did not end within ${limitMs / 1000} s`), limitMs)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(undefined)
      else resolve(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`)
    })
  })
  await endProcessGroup(pid, { graceMs: 0 })
  return { stdout, ...(failure !== undefined && { failure }) }
}
