import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  endProcesses,
  processesMarked,
  type RunningProcess,
  runningProcesses,
} from '../../../fixtures/processes.js'
import { listeningPorts } from '../listening-ports.js'
import { ofChild, watchOutput } from './command-process.js'
import { type CommandLaunch, type Launcher, stopGraceMs } from './launcher.js'
import { type Limits, usualLimits } from './limits.js'
import { watchResources } from './resource-watch.js'
import { startedApp } from './started-app.js'

interface Settings {
  /** Makes a child's environment of the one that bep was started in. */
  readonly environment: (inherited: NodeJS.ProcessEnv) => NodeJS.ProcessEnv
  readonly limits?: Limits
}

/**
 * Runs commands as processes of the user's own: for one's own work. What it promises is that they have a
 * process group, a cleaned environment and bounded output, and that all of them end.
 */
function processLauncher({ environment, limits }: Settings): Launcher {
  const start = (
    { command, cwd, env, inherited, run }: Omit<CommandLaunch, 'limitMs'>,
    added: Readonly<Record<string, string>>,
  ) => {
    const mark = `BEP_RUN_PART=${randomBytes(8).toString('hex')}`
    const [name = '', value] = mark.split('=')
    const child = spawn(command, {
      shell: true,
      detached: true,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment(inherited), ...env, ...run.env, [name]: value, ...added },
    })
    const { pid } = child
    if (pid !== undefined) run.own(pid, { group: true })
    const family = () => familyOf(pid, mark)
    let breach: string | undefined
    const unwatch = limits
      ? watchResources(
          () => family().map(process => process.pid),
          limits,
          what => {
            breach ??= what
            endProcesses(family, { graceMs: 0 }).catch(() => undefined)
          },
        )
      : () => undefined
    return {
      child: ofChild(child),
      reason: async () => breach,
      listeningPorts: async () => (pid === undefined ? [] : listeningPorts(pid)),
      end: async (graceMs: number) => {
        await endProcesses(family, { graceMs })
        unwatch()
      },
    }
  }
  return {
    tier: 'process',
    async launch({ port, onLine, ...command }) {
      const { child, reason, end, ...app } = start(command, { PORT: String(port) })
      return startedApp(child, { ...app, port, onLine, explain: reason, stop: () => end(stopGraceMs) })
    },
    async run({ limitMs, output, signal, ...command }) {
      const { child, end } = start(command, {})
      const ran = await watchOutput(child, { limitMs, output, signal })
      await end(0)
      return ran
    },
  }
}

/** The group and, as it carries the mark, what left the group. */
function familyOf(group: number | undefined, mark: string): RunningProcess[] {
  if (group === undefined) return []
  const marked = new Set(processesMarked(mark))
  return runningProcesses().filter(({ pid, groupId }) => groupId === group || marked.has(pid))
}

/** Without bep's, npm's and Vitest's own variables. */
export function cleanEnvironment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^(BEP_|VITEST|npm_|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|NODE_V8_COVERAGE$|PORT$|DATABASE_URL$)/
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => !ours.test(name)))
}

/** Only what programs need to be found and to speak the user's language: no token or password is among it. */
export function scrubbedEnvironment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const needed = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR|SystemRoot|ComSpec|PATHEXT)$/
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => needed.test(name)))
}

/** For one's own work: with the user's own settings. */
export const ownProcess = processLauncher({ environment: cleanEnvironment })

/** For others' work where nothing better is asked for. */
export const scrubbedProcess = processLauncher({ environment: scrubbedEnvironment, limits: usualLimits })
