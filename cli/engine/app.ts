import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { BepError } from '../../fixtures/bep-error.js'
import { endProcessGroup } from '../../fixtures/processes.js'
import type { Run } from '../../fixtures/run.js'
import { listeningPorts } from './listening-ports.js'
import { LogLines } from './log-lines.js'

/** How an app is started. */
export interface AppCommand {
  readonly command: string
  readonly cwd: string
  /** The contract's variables (`DATABASE_URL` …); `PORT` and the run's marker are added. */
  readonly env: Readonly<Record<string, string>>
  /** The environment that the app inherits; cleaned of bep's, npm's and Vitest's own variables. */
  readonly inherited: NodeJS.ProcessEnv
  readonly port: number
  readonly run: Run
  readonly readyTimeoutMs?: number
  readonly onLine?: (line: string) => void
  /** Ends the wait for readiness. */
  readonly signal?: AbortSignal
}

/** A server under test. It owns its process group. */
export interface StartedApp {
  readonly url: string
  readonly port: number
  readonly logs: LogLines
  /** Set once the process has ended. */
  readonly exit: { readonly reason: string } | undefined
  onExit(listener: (reason: string) => void): void
  /** SIGTERM to the whole group, ten seconds later SIGKILL. */
  stop(): Promise<void>
}

const stopGraceMs = 10_000

/** Spawns the command without waiting for readiness. */
function spawnApp(options: AppCommand): StartedApp & { readonly pid: number } {
  const child = spawn(options.command, {
    shell: true,
    detached: true,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...cleanEnvironment(options.inherited),
      ...options.env,
      ...options.run.env,
      PORT: String(options.port),
    },
  })
  const logs = new LogLines(options.onLine)
  logs.read(child.stdout)
  logs.read(child.stderr)
  const listeners: ((reason: string) => void)[] = []
  let exit: { reason: string } | undefined
  const ended = (reason: string) => {
    if (exit) return
    exit = { reason }
    for (const listener of listeners) listener(reason)
  }
  child.on('error', error => ended(`could not be started: ${error.message}`))
  child.on('exit', (code, signal) => ended(signal ? `was ended by ${signal}` : `exited with code ${code}`))
  const pid = child.pid ?? -1
  if (pid > 0) options.run.own(pid, { group: true })
  return {
    pid,
    url: `http://127.0.0.1:${options.port}`,
    port: options.port,
    logs,
    get exit() {
      return exit
    },
    onExit: listener => listeners.push(listener),
    async stop() {
      if (pid > 0) await endProcessGroup(pid, { graceMs: stopGraceMs })
    },
  }
}

/**
 * Starts an app and waits until `GET /health` answers 200.
 * @throws BepError APP_EXITED, APP_WRONG_PORT, APP_NOT_LISTENING or APP_NOT_HEALTHY; nothing of the app is
 *   left running then.
 */
export async function startApp(options: AppCommand): Promise<StartedApp> {
  const { command, port, readyTimeoutMs = 30_000, signal } = options
  const app = spawnApp(options)
  const began = performance.now()
  let health = 'no answer'
  let listening = false
  try {
    for (;;) {
      if (app.exit) {
        // What it wrote last may still be on its way.
        await sleep(50)
        throw failure(
          'APP_EXITED',
          `the start command \`${command}\` ${app.exit.reason} before it was ready`,
          app,
          {
            fix: 'Run it yourself in the workspace and mend what it prints.',
          },
        )
      }
      signal?.throwIfAborted()
      const answer = await probe(`${app.url}/health`)
      if (answer.status === 200) return app
      if (answer.connected) {
        listening = true
        health = answer.text
      }
      const waitedMs = performance.now() - began
      if (!listening && waitedMs > 2_000) {
        const others = (await listeningPorts(app.pid)).filter(other => other !== port)
        if (others.length > 0) {
          throw failure(
            'APP_WRONG_PORT',
            `the server listens on port ${others.join(', ')}, not on PORT=${port}`,
            app,
            {
              fix: 'Listen on the port in the environment variable PORT.',
            },
          )
        }
      }
      if (waitedMs > readyTimeoutMs) {
        const seconds = readyTimeoutMs / 1000
        throw listening
          ? failure(
              'APP_NOT_HEALTHY',
              `after ${seconds} s, GET ${app.url}/health still gives ${health}`,
              app,
              {
                fix: 'Answer 200 on /health once the server is ready.',
              },
            )
          : failure(
              'APP_NOT_LISTENING',
              `after ${seconds} s, \`${command}\` runs, but nothing listens on PORT=${port}`,
              app,
              {
                fix: 'Listen on the port in the environment variable PORT.',
              },
            )
      }
      await sleep(waitedMs < 2_000 ? 20 : 100)
    }
  } catch (thrown) {
    await app.stop()
    throw thrown
  }
}

async function probe(url: string): Promise<{ status?: number; connected: boolean; text: string }> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(2_000), reset: true })
    await body.dump()
    return { status: statusCode, connected: true, text: `status ${statusCode}` }
  } catch (thrown) {
    const { code, name } = thrown as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED') return { connected: false, text: 'no answer' }
    return { connected: true, text: name === 'TimeoutError' ? 'no answer' : 'something that is not HTTP' }
  }
}

function failure(code: string, message: string, app: StartedApp, { fix }: { fix: string }): BepError {
  const last = app.logs.last(8)
  const output =
    last.length > 0
      ? `\nIts last output:\n${last.map(line => `  ${line}`).join('\n')}`
      : '\nIt printed nothing.'
  return new BepError(code, `${message}.${output}`, { fix })
}

/** Without what would let bep's own surroundings change how the app runs. */
/** Without bep's, npm's and Vitest's own variables. */
export function cleanEnvironment(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(inherited).filter(
      ([name]) =>
        !/^(BEP_|VITEST|npm_|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|NODE_V8_COVERAGE$|PORT$|DATABASE_URL$)/.test(
          name,
        ),
    ),
  )
}
