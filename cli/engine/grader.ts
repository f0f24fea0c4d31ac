import { randomInt } from 'node:crypto'
import type { Run } from '../../fixtures/run.js'
import type { Project } from '../../projects/catalog.js'
import { type ChecksRunner, startChecksRunner } from './checks-runner.js'
import { type ServicesSetting, type StartedServices, startServices } from './stack.js'

/** What grading needs besides the app: the project's servers and the process that runs the checks. */
export interface StartedGrader {
  readonly services: StartedServices
  readonly runner: ChecksRunner
  stop(): Promise<void>
}

interface GraderOptions {
  readonly home: string
  readonly run: Run
  readonly provider: ServicesSetting
  /** bep's own environment: DATABASE_URL, REDIS_URL … for the external provider, DOCKER_HOST, BEP_POSTGRES_IMAGE … */
  readonly env: NodeJS.ProcessEnv
  readonly interactive?: boolean
  readonly onNotice?: (line: string) => void
}

/** Starts the servers and the checks' process side by side. */
export async function startGrader(project: Project, options: GraderOptions): Promise<StartedGrader> {
  const [services, runner] = await Promise.allSettled([
    startServices(project, { ...options, ...settingsFrom(options.env, options.interactive) }),
    startChecksRunner(),
  ])
  if (services.status === 'rejected' || runner.status === 'rejected') {
    if (services.status === 'fulfilled') await services.value.stop()
    if (runner.status === 'fulfilled') await runner.value.stop()
    throw services.status === 'rejected' ? services.reason : (runner as PromiseRejectedResult).reason
  }
  return {
    services: services.value,
    runner: runner.value,
    stop: async () => {
      await Promise.all([services.value.stop(), runner.value.stop()])
    },
  }
}

/** The environment's settings for services. Somebody at a terminal is asked before anything is installed. */
export function settingsFrom(env: NodeJS.ProcessEnv, interactive = false) {
  return {
    externalUrls: { postgres: env.DATABASE_URL, redis: env.REDIS_URL, mongodb: env.MONGODB_URL },
    images: { postgres: env.BEP_POSTGRES_IMAGE, redis: env.BEP_REDIS_IMAGE },
    dockerHost: env.DOCKER_HOST,
    searchPath: env.PATH,
    installPolicy: interactive ? ('never' as const) : ('unattended' as const),
  }
}

/** A seed for a run that nobody asked to replay. */
export const newSeed = (): number => randomInt(1_000_000)
