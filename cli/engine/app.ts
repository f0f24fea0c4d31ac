import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { BepError } from '../../fixtures/bep-error.js'
import type { AppLaunch, Launcher, StartedApp } from './isolation/launcher.js'
import { ownProcess } from './isolation/process-launcher.js'

export type { StartedApp } from './isolation/launcher.js'

/** How an app is started. `PORT` and the run's marker are added to its variables. */
export interface AppCommand extends AppLaunch {
  /** A process of the user's own by default. */
  readonly launcher?: Launcher | undefined
  readonly readyTimeoutMs?: number
  /** Ends the wait for readiness. */
  readonly signal?: AbortSignal
}

/**
 * Starts an app and waits until `GET /health` answers 200.
 * @throws BepError APP_EXITED, APP_WRONG_PORT, APP_NOT_LISTENING or APP_NOT_HEALTHY; nothing of the app is
 *   left running then.
 */
export async function startApp(options: AppCommand): Promise<StartedApp> {
  const { launcher = ownProcess, readyTimeoutMs = 30_000, signal, ...launch } = options
  const { command, port } = launch
  const app = await launcher.launch(launch)
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
        const others = (await app.listeningPorts()).filter(other => other !== port)
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
