import { randomBytes } from 'node:crypto'
import type { SeenBy, TappedService, TimeWindow } from '../../graders/kit/evidence.js'
import { type Fault, StackError } from '../../graders/kit/stack-control.js'
import type { Project, ServiceKind } from '../../projects/catalog.js'
import { startMongodbService } from './services/mongodb-service.js'
import { startPostgresService } from './services/postgres-service.js'
import { startRedisService } from './services/redis-service.js'
import type { OpenedService, ServiceStartOptions, StartedService } from './services/service.js'

export type { ServicesSetting } from './services/service.js'

/** How each kind of service is started. */
const starters: {
  readonly [S in ServiceKind]: (options: ServiceStartOptions) => Promise<StartedService<S>>
} = {
  postgres: startPostgresService,
  redis: startRedisService,
  mongodb: startMongodbService,
}
const titles: Readonly<Record<ServiceKind, string>> = {
  postgres: 'Postgres',
  redis: 'Redis',
  mongodb: 'MongoDB',
}

export interface ServicesOptions extends Omit<ServiceStartOptions, 'image' | 'externalUrl'> {
  readonly images?: Readonly<Partial<Record<ServiceKind, string | undefined>>>
  readonly externalUrls?: Readonly<Partial<Record<ServiceKind, string | undefined>>>
}

/** The servers that a project needs; stacks are made on them. */
export interface StartedServices {
  /** Where each came from, such as `{ postgres: 'local 18.4' }`. */
  readonly origins: Readonly<Partial<Record<ServiceKind, string>>>
  /** Why a server is gone that should run; undefined while all is well. */
  readonly failure: string | undefined
  onFailure(listener: (reason: string) => void): void
  openStack(options?: StackOptions): Promise<StartedStack>
  stop(): Promise<void>
}

interface StackOptions {
  /** Name of the app's part of each service; durable services give the same one again. */
  readonly name?: string
  /** A stack whose Postgres data is copied; nobody may be connected to it. */
  readonly copyOf?: StartedStack
}

/** One app's own part of each service, behind taps of its own. */
export interface StartedStack {
  /** The contract's variables for the app. */
  readonly env: Readonly<Record<string, string>>
  /** The app's services around the taps, with the app's accounts. */
  readonly urls: Readonly<Partial<Record<ServiceKind, string>>>
  readonly adminUrls: Readonly<Partial<Record<ServiceKind, string>>>
  /** The variables of `env` that were made up for this app. */
  readonly secrets: Readonly<Record<string, string>>
  has(service: TappedService): boolean
  /** What the service was sent in that time, oldest first. StackError if the project has no such service. */
  seen<S extends TappedService>(service: S, window: TimeWindow): readonly SeenBy[S][]
  fault(service: TappedService, fault: Fault): Promise<{ readonly impossible?: string }>
  /** Closes the taps and deletes what is not durable. */
  stop(): Promise<void>
}

/** Starts the services of a project side by side. What it started is owned by `run`. */
export async function startServices(project: Project, options: ServicesOptions): Promise<StartedServices> {
  const { images, externalUrls, ...common } = options
  const services = await allOrNone(
    project.services.map(async kind => {
      const image = images?.[kind]
      const start: (options: ServiceStartOptions) => Promise<StartedService> = starters[kind]
      const service = await start({
        ...common,
        externalUrl: externalUrls?.[kind],
        ...(image !== undefined && { image }),
      })
      return { kind, service, stop: service.stop }
    }),
  )
  let failure: string | undefined
  const listeners: ((reason: string) => void)[] = []
  for (const { kind, service } of services) {
    service.onExit(reason => {
      failure ??= `${titles[kind]} is gone: ${reason}`
      for (const listener of listeners) listener(failure)
    })
  }
  return {
    origins: Object.fromEntries(services.map(({ kind, service }) => [kind, service.origin])),
    get failure() {
      return failure
    },
    onFailure: listener => listeners.push(listener),
    async openStack({ name, copyOf } = {}) {
      const opened = await allOrNone(
        services.map(async ({ kind, service }) => {
          const part = await service.open(name, copyOf?.urls[kind])
          return { kind, part, stop: part.stop }
        }),
      )
      return stackOf(new Map(opened.map(({ kind, part }) => [kind, part])), secretsOf(project))
    },
    stop: () => stopAll(services),
  }
}

const secretsOf = ({ secrets = [] }: Project): Readonly<Record<string, string>> =>
  Object.fromEntries(secrets.map(name => [name, randomBytes(32).toString('base64url')]))

function stackOf(
  parts: ReadonlyMap<ServiceKind, OpenedService>,
  secrets: StartedStack['secrets'],
): StartedStack {
  const partOf = (service: TappedService) => {
    const part = parts.get(service)
    if (!part) throw new StackError(`this project has no ${titles[service]}`)
    return part
  }
  const each = (value: (part: OpenedService) => string) =>
    Object.fromEntries([...parts].map(([kind, part]) => [kind, value(part)]))
  return {
    env: Object.assign({}, secrets, ...[...parts.values()].map(({ env }) => env)),
    secrets,
    urls: each(({ url }) => url),
    adminUrls: each(({ adminUrl }) => adminUrl),
    has: service => parts.has(service),
    seen: <S extends TappedService>(service: S, window: TimeWindow) =>
      (partOf(service) as unknown as OpenedService<S>).seen(window),
    fault: async (service, fault) => partOf(service).fault(fault),
    stop: () => stopAll([...parts.values()]),
  }
}

interface Stoppable {
  stop(): Promise<void>
}

/** Waits for all, also for those that are still on their way when one fails: they are stopped then. */
async function allOrNone<T extends Stoppable>(starting: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(starting)
  const failed = settled.find(each => each.status === 'rejected')
  const started = settled.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
  if (!failed) return started
  await stopAll(started)
  throw failed.reason
}

/** Stops all of them even if one does not; that one's error is thrown afterwards. */
async function stopAll(started: readonly Stoppable[]): Promise<void> {
  const settled = await Promise.allSettled(started.map(each => each.stop()))
  const failed = settled.find(each => each.status === 'rejected')
  if (failed) throw failed.reason
}
