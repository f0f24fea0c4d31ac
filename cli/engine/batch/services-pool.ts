import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import type { Project } from '../../../projects/catalog.js'
import { settingsFrom } from '../grader.js'
import type { GradingLanes, SharedLanes } from '../lanes.js'
import { type ServicesSetting, type StartedServices, startServices } from '../stack.js'

interface PoolOptions {
  readonly home: string
  readonly run: Run
  readonly provider: ServicesSetting
  readonly env: NodeJS.ProcessEnv
  readonly interactive?: boolean
  readonly onNotice?: (line: string) => void
  readonly lanes: SharedLanes
}

/** The services of each project that a batch has met, and the lanes on them. */
export interface ServicesPool {
  /**
   * The lanes on the services that all submissions of this project share. They start when they are first asked for,
   * and anew when they have died.
   */
  shared(project: Project): Promise<GradingLanes>
  /** Runs the work on services that nobody else uses: whom a neighbour has harmed is not harmed again. */
  alone<T>(project: Project, work: (lanes: GradingLanes) => Promise<T>): Promise<T>
  /**
   * No services run, and could not be started more than once: that is not because of the one submission that is of
   * a project whose services this machine does not have.
   */
  readonly hopeless: boolean
  stop(): Promise<void>
}

interface Shared {
  readonly services: StartedServices
  readonly lanes: GradingLanes
}

export function openServicesPool({ lanes, ...options }: PoolOptions): ServicesPool {
  const started: StartedServices[] = []
  let failures = 0
  const sharedBy = new Map<string, Promise<Shared>>()
  const start = async (project: Project): Promise<Shared> => {
    const services = await startServices(project, {
      ...options,
      ...settingsFrom(options.env, options.interactive),
    }).catch((cause: unknown) => Promise.reject(unavailable(project, cause)))
    return { services, lanes: lanes.on(services) }
  }
  const countFailures = <T>(starting: Promise<T>): Promise<T> =>
    starting.catch((thrown: unknown) => {
      failures += 1
      throw thrown
    })
  const startShared = async (project: Project): Promise<Shared> => {
    const shared = await start(project)
    started.push(shared.services)
    return shared
  }
  const running = async (project: Project): Promise<GradingLanes> => {
    const known = sharedBy.get(project.id)
    const shared = await known
    if (shared !== undefined && shared.services.failure === undefined) return shared.lanes
    // Of all that see the same servers dead, one starts the next.
    const other = sharedBy.get(project.id)
    const next = other === known || other === undefined ? startShared(project) : other
    sharedBy.set(project.id, next)
    return (await next).lanes
  }
  return {
    shared: project => countFailures(running(project)),
    async alone(project, work) {
      const own = await countFailures(start(project))
      try {
        return await work(own.lanes)
      } finally {
        await own.lanes.settle()
        await own.services.stop()
      }
    },
    get hopeless() {
      return failures > 1 && !started.some(({ failure }) => failure === undefined)
    },
    async stop() {
      await Promise.allSettled([...sharedBy.values()])
      await Promise.all(started.map(services => services.stop()))
    },
  }
}

const unavailable = (project: Project, cause: unknown) =>
  new BepError(
    'SERVICES_UNAVAILABLE',
    `the services of ${project.id} cannot be started: ${messageOf(cause)}`,
    { ...(cause instanceof BepError && cause.fix !== undefined && { fix: cause.fix }), cause },
  )
