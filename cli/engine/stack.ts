import type { Run } from '../../fixtures/run.js'
import { type StartedPostgres, startPostgres } from '../../fixtures/services/postgres.js'
import { type PostgresTap, startPostgresTap } from '../../fixtures/services/postgres-wire.js'
import type { SeenStatement, StackControl } from '../../graders/kit/stack-control.js'
import type { Project } from '../../projects/catalog.js'

/** Where services come from: `--services` or `BEP_SERVICES`. */
export type ServicesSetting = 'auto' | 'docker' | 'local' | 'external'

export interface ServicesOptions {
  readonly home: string
  readonly run: Run
  readonly provider: ServicesSetting
  /** Keeps the data between runs under this key; without it, the data goes when the run ends. */
  readonly durable?: string
  readonly postgresImage?: string
  readonly externalUrl?: string | undefined
  readonly dockerHost?: string | undefined
  readonly onNotice?: (line: string) => void
}

/** The servers that a project needs; stacks are made on them. */
export interface StartedServices {
  /** Where each came from, such as `{ postgres: 'local 18.4' }`. */
  readonly origins: Readonly<Record<string, string>>
  /** Why a server is gone that should run; undefined while all is well. */
  readonly failure: string | undefined
  onFailure(listener: (reason: string) => void): void
  openStack(options?: StackOptions): Promise<StartedStack>
  stop(): Promise<void>
}

interface StackOptions {
  /** Name of the database; durable services give the same one again. */
  readonly database?: string
}

/** One app's own database behind its own tap. */
export interface StartedStack {
  /** The contract's variables for the app. */
  readonly env: Readonly<Record<string, string>>
  /** The app's database around the tap, with the app's role. */
  readonly databaseUrl: string
  readonly databaseAdminUrl: string
  /** The statements between two times of the monotonic clock, oldest first. */
  statements(window: { readonly fromUs: number; readonly toUs: number }): readonly SeenStatement[]
  readonly fault: StackControl['fault']
  /** Closes the tap and drops the database, unless the services are durable. */
  stop(): Promise<void>
}

/** Starts the services of a project. What it started is owned by `run`. */
export async function startServices(_project: Project, options: ServicesOptions): Promise<StartedServices> {
  const { home, run, provider, durable, postgresImage, externalUrl, dockerHost, onNotice } = options
  const postgres = await startPostgres({
    home,
    run,
    provider,
    externalUrl,
    dockerHost,
    ...(durable !== undefined && { durable }),
    ...(postgresImage !== undefined && { image: postgresImage }),
    ...(onNotice && { onNotice }),
  })
  let failure: string | undefined
  const listeners: ((reason: string) => void)[] = []
  postgres.onExit(reason => {
    failure = `Postgres is gone: ${reason}`
    for (const listener of listeners) listener(failure)
  })
  return {
    origins: { postgres: `${postgres.provider} ${postgres.version}` },
    get failure() {
      return failure
    },
    onFailure: listener => listeners.push(listener),
    openStack: ({ database } = {}) => openStack(postgres, durable !== undefined, database),
    stop: () => postgres.stop(),
  }
}

async function openStack(postgres: StartedPostgres, durable: boolean, name?: string): Promise<StartedStack> {
  const database = await postgres.createDatabase(name === undefined ? {} : { name })
  const direct = new URL(database.url)
  const tap = await startPostgresTap({ host: direct.hostname, port: Number(direct.port || 5432) })
  return {
    env: { DATABASE_URL: tap.url(database.url) },
    databaseUrl: database.url,
    databaseAdminUrl: database.adminUrl,
    statements: ({ fromUs, toUs }) => seenStatements(tap, fromUs, toUs),
    async fault(fault) {
      if (fault.kind === 'delay') await tap.faults.delay(fault.ms)
      else await tap.faults[fault.kind]()
    },
    async stop() {
      await tap.stop()
      if (!durable) await database.drop()
    },
  }
}

function seenStatements(tap: PostgresTap, fromUs: number, toUs: number): readonly SeenStatement[] {
  return tap.statementsBetween(BigInt(fromUs) * 1000n, BigInt(toUs + 1) * 1000n).map(statement => ({
    atUs: Number(statement.atNs / 1000n),
    sql: statement.sql,
    params: statement.params,
    ...(statement.tag !== undefined && { tag: statement.tag }),
    ...(statement.error && { error: `${statement.error.code} ${statement.error.message}` }),
  }))
}
