import type { ChildProcess } from 'node:child_process'
import { LogLines } from '../log-lines.js'
import type { AppLaunch, StartedApp } from './launcher.js'

interface Settings extends Pick<AppLaunch, 'port' | 'onLine'>, Pick<StartedApp, 'listeningPorts' | 'stop'> {
  /** Why it was ended, if by a limit of its tier. */
  readonly explain?: () => Promise<string | undefined>
}

/** Watches a child that is an app: its output and its end. */
export function startedApp(child: ChildProcess, settings: Settings): StartedApp {
  const { port, onLine, listeningPorts, stop, explain = async () => undefined } = settings
  const logs = new LogLines(onLine)
  for (const stream of [child.stdout, child.stderr]) if (stream) logs.read(stream)
  const listeners: ((reason: string) => void)[] = []
  let exit: { reason: string } | undefined
  const ended = (reason: string) => {
    if (exit) return
    exit = { reason }
    for (const listener of listeners) listener(reason)
  }
  child.on('error', error => ended(`could not be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    const plainly = signal ? `was ended by ${signal}` : `exited with code ${code}`
    explain().then(
      why => ended(why === undefined ? plainly : `${plainly}: ${why}`),
      () => ended(plainly),
    )
  })
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
