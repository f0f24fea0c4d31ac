import { BepError } from '../../fixtures/bep-error.js'
import type { StackControl } from '../../graders/kit/stack-control.js'
import { type AppCommand, type StartedApp, startApp } from './app.js'

/** Keeps one app available through a run: starts it again after it died or when a check asks for it. */
export interface AppSupervisor extends Pick<StackControl, 'ensureApp' | 'restartApp'> {
  readonly app: StartedApp
  stop(): Promise<void>
}

/**
 * Starts the app under supervision.
 * @throws BepError as `startApp` does.
 */
export async function superviseApp(command: AppCommand): Promise<AppSupervisor> {
  let app = await startApp(command)
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
    get app() {
      return app
    },
    ensureApp: async () => {
      if (!app.exit) return {}
      // Its children may have outlived it and hold the port.
      await app.stop()
      return start()
    },
    restartApp: async () => {
      await app.stop()
      return start()
    },
    stop: () => app.stop(),
  }
}
