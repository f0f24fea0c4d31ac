import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { endProcesses, processesMarked, runningProcesses } from '../../../fixtures/processes.js'
import { listeningPorts } from '../listening-ports.js'
import { watchOutput } from './child-output.js'
import { type CommandLaunch, type Launcher, stopGraceMs } from './launcher.js'
import { startedApp } from './started-app.js'

interface Settings {
  /** Makes a child's environment of the one that bep was started in. */
  readonly environment: (inherited: NodeJS.ProcessEnv) => NodeJS.ProcessEnv
}

/**
 * Runs commands as processes of the user's own: for one's own work. What it promises is that they have a
 * process group, a cleaned environment and bounded output, and that all of them end.
 */
function processLauncher({ environment }: Settings): Launcher {
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
    return {
      child,
      // What left the group (a daemon) still carries the mark.
      end: (graceMs: number) => (pid === undefined ? Promise.resolve() : endFamily({ pid, mark, graceMs })),
    }
  }
  return {
    tier: 'process',
    async launch({ port, onLine, ...command }) {
      const { child, end } = start(command, { PORT: String(port) })
      return startedApp(child, {
        port,
        onLine,
        listeningPorts: async () => (child.pid === undefined ? [] : listeningPorts(child.pid)),
        stop: () => end(stopGraceMs),
      })
    },
    async run({ limitMs, output, signal, ...command }) {
      const { child, end } = start(command, {})
      const ran = await watchOutput(child, { limitMs, output, signal })
      await end(0)
      return ran
    },
  }
}

async function endFamily(family: { pid: number; mark: string; graceMs: number }): Promise<void> {
  await endProcesses(
    () => {
      const marked = new Set(processesMarked(family.mark))
      return runningProcesses().filter(({ pid, groupId }) => groupId === family.pid || marked.has(pid))
    },
    { graceMs: family.graceMs },
  )
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
export const scrubbedProcess = processLauncher({ environment: scrubbedEnvironment })
