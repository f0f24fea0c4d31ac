import { BepError } from '../../fixtures/bep-error.js'
import type { StackControl } from '../../graders/kit/stack-control.js'
import { type AppCommand, type StartedApp, startApp } from './app.js'

/** Keeps one app available through a run: starts it again after it died or when a check asks for it. */
export interface AppSupervisor extends Pick<StackControl, 'ensureApp' | 'restartApp'> {
  /** Settles with the first start; rejects as `startApp` does. The other methods wait for it. */
  readonly ready: Promise<unknown>
  /** The app as it was started last; undefined until the first start has succeeded. */
  readonly app: StartedApp | undefined
  stop(): Promise<void>
}

/** Begins to start the app under supervision. */
export function superviseApp(command: AppCommand): AppSupervisor {
  let app: StartedApp | undefined
  const ready = startApp(command).then(started => {
    app = started
  })
  // Whoever awaits it sees the rejection.
  ready.catch(() => undefined)
  // An app that did not come back once is not waited for again, check after check.
  let givenUp: string | undefined

  const start = async (): Promise<{ problem?: string }> => {
    if (givenUp !== undefined) return { problem: givenUp }
    try {
      app = await startApp(command)
      return {}
    } catch (thrown) {
      if (!(thrown instanceof BepError)) throw thrown
      givenUp = `the server did not start again: ${thrown.message}`
      return { problem: givenUp }
    }
  }
  return {
    ready,
    get app() {
      return app
    },
    ensureApp: async () => {
      await ready
      if (!app?.exit) return {}
      // Its children may have outlived it and hold the port.
      await app.stop()
      return start()
    },
    restartApp: async () => {
      await ready
      await app?.stop()
      return start()
    },
    stop: async () => {
      await Promise.allSettled([ready])
      await app?.stop()
    },
  }
}
