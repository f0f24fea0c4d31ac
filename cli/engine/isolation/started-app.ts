import { LogLines } from '../log-lines.js'
import { type CommandProcess, describeEnding } from './command-process.js'
import type { AppLaunch, StartedApp } from './launcher.js'

interface Settings extends Pick<AppLaunch, 'port' | 'onLine'>, Pick<StartedApp, 'listeningPorts' | 'stop'> {
  /** Why it was ended, if by a limit of its tier. */
  readonly explain?: () => Promise<string | undefined>
}

/** Watches a command that is an app: its output and its end. */
export function startedApp(command: CommandProcess, settings: Settings): StartedApp {
  const { port, onLine, listeningPorts, stop, explain = async () => undefined } = settings
  const logs = new LogLines(onLine)
  for (const stream of [command.stdout, command.stderr]) if (stream) logs.read(stream)
  const listeners: ((reason: string) => void)[] = []
  let exit: { reason: string } | undefined
  const watch = async () => {
    const plainly = describeEnding(await command.exited)
    const why = await explain().catch(() => undefined)
    exit = { reason: why === undefined ? plainly : `${plainly}: ${why}` }
    for (const listener of listeners) listener(exit.reason)
  }
  watch().catch(() => undefined)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    logs,
    get exit() {
      return exit
    },
    onExit: listener => listeners.push(listener),
    listeningPorts,
    stop,
  }
}
