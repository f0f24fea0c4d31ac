import getPort from 'get-port'
import { BepError } from '../../fixtures/bep-error.js'
import type { Run } from '../../fixtures/run.js'
import type { Row } from '../../graders/kit/rubric.js'
import type { RunContext } from '../../graders/kit/run-context.js'
import type { Project } from '../../projects/catalog.js'
import type { StartedApp } from './app.js'
import { type AppSupervisor, superviseApp } from './app-supervisor.js'
import type { ChecksRunner, RanCheck } from './checks-runner.js'
import { startControlServer } from './control-server.js'
import { watchDatabase } from './isolation/database-watch.js'
import type { Launcher } from './isolation/launcher.js'
import { ownProcess } from './isolation/process-launcher.js'
import { checkFile } from './project-files.js'
import type { StartedServices, StartedStack } from './stack.js'

/** The app to grade, and the folder that its documents are read from. */
export interface Subject {
  readonly project: Project
  readonly dir: string
  readonly command: string
  /** Fills the app's tables from the files in SEED_DIR. */
  readonly seed?: string
  /** Settings for the app besides the contract's variables. */
  readonly settings?: Readonly<Record<string, string>>
  /** Folders that belong into `dir` but lie elsewhere, by their place in it. */
  readonly mounts?: Readonly<Record<string, string>>
}

export interface ChecksRunOptions {
  readonly run: Run
  readonly services: StartedServices
  readonly runner: ChecksRunner
  /** The environment that the app inherits. */
  readonly inherited: NodeJS.ProcessEnv
  /** How the app is kept from the machine; a process of the user's own by default. */
  readonly launcher?: Launcher | undefined
  readonly seed: number
  /** Skip what comes after the first check that fails. */
  readonly bail?: boolean
  readonly requestTimeoutMs?: number
  readonly readyTimeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Where the evidence about a check lies at the moment that it was reported. */
interface Evidence {
  readonly app: StartedApp
  readonly stack: StartedStack
}

type OnCheck = (check: RanCheck, evidence: Evidence) => void

/**
 * Starts the subject on a database of its own, runs the checks of the rows that `take` gives until it gives none, and
 * reports each. Nothing of it is left when this returns or throws.
 * @throws BepError APP_… when the app does not start.
 */
export async function runChecks(
  { project, dir, command, settings, mounts = {} }: Subject,
  take: () => readonly Row[],
  options: ChecksRunOptions,
  onCheck: OnCheck,
): Promise<void> {
  const { run, services, runner, inherited, launcher = ownProcess, seed, readyTimeoutMs, signal } = options
  const { requestTimeoutMs = 5_000 } = options
  const stack = await services.openStack()
  let unwatch = async () => {}
  let supervisor: AppSupervisor | undefined
  // An aborted run ends at once: the check under way loses its app.
  const abort = () => {
    Promise.all([runner.cancel(), supervisor?.stop()]).catch(() => undefined)
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const { adminUrls, urls } = stack
    if (launcher.tier !== 'process' && adminUrls.postgres !== undefined && urls.postgres !== undefined) {
      unwatch = await watchDatabase(adminUrls.postgres, urls.postgres)
    }
    const port = await getPort({ host: '127.0.0.1' })
    const app = superviseApp({
      launcher,
      command,
      cwd: dir,
      mounts,
      env: { ...settings, ...stack.env, NODE_ENV: 'production' },
      inherited,
      port,
      run,
      ...(readyTimeoutMs !== undefined && { readyTimeoutMs }),
      ...(signal && { signal }),
    })
    supervisor = app
    const appUrl = `http://127.0.0.1:${port}`
    const control = await startControlServer({
      ensureApp: app.ensureApp,
      restartApp: app.restartApp,
      seen: async ({ service, window }) => stack.seen(service, window),
      fault: ({ service, fault }) => stack.fault(service, fault),
      runCommand: async asked => {
        const env = { ...settings, APP_URL: appUrl }
        const { output, ...ended } = await launcher.run({ ...asked, cwd: dir, mounts, env, inherited, run })
        return { stdout: output, ...ended }
      },
      logs: async ({ fromUs, toUs }) => app.app?.logs.between(fromUs, toUs) ?? [],
    })
    try {
      // The checks are loaded while the app starts; the first of them waits for it.
      const context: RunContext = {
        runId: `${run.id}:${port}:${process.hrtime.bigint()}`,
        appUrl,
        workspaceDir: dir,
        adminUrls: stack.adminUrls,
        secrets: stack.secrets,
        controlUrl: control.url,
        controlToken: control.token,
        seed,
        requestTimeoutMs,
      }
      const runAll = async () => {
        for (let rows = take(); rows.length > 0 && !signal?.aborted; rows = take()) {
          await runner.run(
            rows.map(row => checkFile(project, row)),
            context,
            {
              bail: options.bail === true,
              onCheck: check => {
                if (app.app) onCheck(check, { app: app.app, stack })
              },
            },
          )
        }
      }
      const [started, checked] = await Promise.allSettled([
        app.ready.catch(async (thrown: unknown) => {
          await runner.cancel()
          throw thrown
        }),
        runAll(),
      ])
      for (const outcome of [started, checked]) if (outcome.status === 'rejected') throw outcome.reason
    } finally {
      await control.stop()
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    await supervisor?.stop()
    await unwatch()
    await stack.stop()
  }
  signal?.throwIfAborted()
}

/** Whether this is the app's failure to start, not one of bep's. */
export function isAppProblem(thrown: unknown): thrown is BepError {
  return thrown instanceof BepError && thrown.code.startsWith('APP_')
}
