import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Run } from '../../fixtures/run.js'
import type { Project } from '../../projects/catalog.js'
import { type ChecksRunner, startChecksRunner } from './checks-runner.js'
import { loadRubric } from './project-files.js'
import { type ServicesSetting, type StartedServices, startServices } from './stack.js'

/** What grading needs besides the app: the project's servers and the process that runs the checks. */
export interface StartedGrader {
  readonly services: StartedServices
  readonly runner: ChecksRunner
  readonly moreRunners: readonly ChecksRunner[]
  stop(): Promise<void>
}

interface GraderOptions {
  readonly home: string
  readonly run: Run
  readonly provider: ServicesSetting
  /** bep's own environment: DATABASE_URL, REDIS_URL … for the external provider, DOCKER_HOST, BEP_POSTGRES_IMAGE … */
  readonly env: NodeJS.ProcessEnv
  readonly interactive?: boolean
  /** Grade several rows at a time, where there is a core for it. */
  readonly sideBySide?: boolean
  readonly onNotice?: (line: string) => void
}

/** Starts the servers and what runs the checks side by side. */
export async function startGrader(project: Project, options: GraderOptions): Promise<StartedGrader> {
  const runners = options.sideBySide ? await rowsAtATime(project) : 1
  const starting = [
    startServices(project, { ...options, ...settingsFrom(options.env, options.interactive) }),
    ...Array.from({ length: runners }, startChecksRunner),
  ] as const
  const settled = await Promise.allSettled(starting)
  const stop = async () => {
    await Promise.all(settled.map(each => (each.status === 'fulfilled' ? each.value.stop() : undefined)))
  }
  const failed = settled.find(each => each.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  const [services, runner, ...moreRunners] = (await Promise.all(starting)) as [
    StartedServices,
    ChecksRunner,
    ...ChecksRunner[],
  ]
  return { services, runner, moreRunners, stop }
}

/** Two where there are two cores, and three where two rows are of faults, which mostly wait. */
async function rowsAtATime(project: Project): Promise<number> {
  if (availableParallelism() < 2) return 1
  const { rows } = await loadRubric(project)
  return rows.filter(row => row.kind === 'fault').length > 1 ? 3 : 2
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
