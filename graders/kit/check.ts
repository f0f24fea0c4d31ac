import { readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { inject, test } from 'vitest'
import { type Api, openApi } from './api.js'
import { eventually } from './eventually.js'
import type { SeenMongoCommand, SeenRedisCommand, SeenStatement, TappedService } from './evidence.js'
import type { Exchange } from './exchange.js'
import { monotonicUs } from './exchange.js'
import { focused } from './matchers.js'
import { type Random, randomFor } from './random.js'
import { ExchangeRecord } from './record.js'
import type { Rubric } from './rubric.js'
import type { RunContext, SentRequest } from './run-context.js'
import { absent, openMongo, openRedis, openSql, type Sql } from './service-clients.js'
import { faultsOf, NotRun, type ServiceFaults } from './service-faults.js'
import { connectStackControl, type StackControl } from './stack-control.js'

/** An answer, or the span from the first to the last of several. */
interface Answered {
  readonly exchange: Pick<Exchange, 'startedAtUs' | 'endedAtUs'>
}

/** What a check works with. */
export interface CheckContext {
  readonly api: Api
  /** Reads the app's database as a superuser, around the tap. */
  readonly sql: Sql
  /** Reads the app's Redis as an administrator, around the tap. */
  readonly redis: Redis
  /** The SQL statements that reached the database between a request and its answer. */
  readonly statementsOf: (answer: Answered) => Promise<readonly SeenStatement[]>
  /** The Redis commands between a request and its answer. */
  readonly redisCommandsOf: (answer: Answered) => Promise<readonly SeenRedisCommand[]>
  /** The lines that the app printed since the check began. What it printed last may still be on its way. */
  readonly logs: () => Promise<readonly string[]>
  /** The secrets that the app was given, by the names of their variables. */
  readonly secrets: Readonly<Record<string, string>>
  /** The app's MongoDB database, around the tap. */
  readonly mongo: Db
  /** The MongoDB commands between a request and its answer, or in another span of time. */
  readonly mongoCommandsOf: (answer: Answered) => Promise<readonly SeenMongoCommand[]>
  /** Runs a command in the learner's folder, with the app's address in `APP_URL`. */
  readonly runCommand: StackControl['runCommand']
  /** Breaks the app's services; what a check broke is healed when it ends. */
  readonly faults: Readonly<Record<TappedService, ServiceFaults>>
  /** Stops the app by SIGTERM and starts it again with the same database. */
  readonly restartApp: () => Promise<void>
  readonly random: Random
  /** The text of a file in the learner's folder. Throws an assertion error when there is none. */
  readonly readDocument: (file: string) => Promise<string>
  /** All exchanges of the run so far that no failed check has already been charged with. */
  readonly uncharged: () => readonly Exchange[]
  readonly eventually: typeof eventually
}

export interface CheckOptions<Id extends string> {
  readonly row: Id
  /** The sentence of BRIEF.md that this check enforces, verbatim. */
  readonly brief: string
  /** From a nudge to nearly the answer; never the code. */
  readonly hints: readonly [string, ...string[]]
  readonly timeoutMs?: number
}

export type Check<Id extends string> = (
  title: string,
  options: CheckOptions<Id>,
  body: (context: CheckContext) => Promise<void>,
) => void

interface Session {
  readonly run: RunContext
  readonly control: StackControl
  readonly api: Api
  readonly record: ExchangeRecord
  readonly sql: Sql
  readonly redis: Redis | undefined
  readonly mongo: Db | undefined
  /** A check that broke a service failed: nothing says that the app got over it. */
  shaken: boolean
}

// The worker keeps its modules from file to file, so that a run has one record and one set of connections.
let session: Session | undefined

async function sessionOf(run: RunContext): Promise<Session> {
  if (session?.run.runId === run.runId) return session
  session?.redis?.disconnect()
  const record = new ExchangeRecord()
  session = {
    run,
    record,
    control: connectStackControl(run.controlUrl, run.controlToken),
    api: openApi({ ...run, onExchange: exchange => record.add(exchange) }),
    sql: openSql(run.adminUrls.postgres),
    redis: await openRedis(run.adminUrls.redis),
    mongo: await openMongo(run.adminUrls.mongodb),
    shaken: false,
  }
  return session
}

/** Gives the function that declares checks for a rubric. The body throws (by `expect`) to fail the row. */
export function checksFor<Id extends string>(_rubric: Rubric<Id>): Check<Id> {
  return (title, { row, brief, hints, timeoutMs = 60_000 }, body) => {
    test(title, { timeout: timeoutMs, meta: { bep: { row, brief, hints } } }, async ({ task, skip }) => {
      const graded = await sessionOf(inject('bep'))
      const { run, control, api, record, sql, redis, mongo } = graded
      // What an app does not recover from is no matter of the checks that come after.
      const { problem } = await (graded.shaken ? control.restartApp() : control.ensureApp())
      graded.shaken = false
      if (problem) throw new Error(problem)
      const broken = new Set<TappedService>()
      const seenDuring = <S extends TappedService>(service: S, { exchange }: Answered) =>
        control.seen({ service, window: { fromUs: exchange.startedAtUs, toUs: exchange.endedAtUs } })
      const from = record.begin()
      const beganUs = monotonicUs()
      const context: CheckContext = {
        api,
        sql,
        get redis() {
          if (!redis) throw absent('Redis')
          return redis
        },
        statementsOf: answer => seenDuring('postgres', answer),
        logs: () => control.logs({ fromUs: beganUs, toUs: monotonicUs() }),
        secrets: run.secrets,
        redisCommandsOf: answer => seenDuring('redis', answer),
        get mongo() {
          if (!mongo) throw absent('MongoDB')
          return mongo
        },
        mongoCommandsOf: answer => seenDuring('mongodb', answer),
        runCommand: asked => control.runCommand(asked),
        faults: {
          postgres: faultsOf('postgres', control, service => broken.add(service)),
          redis: faultsOf('redis', control, service => broken.add(service)),
          mongodb: faultsOf('mongodb', control, service => broken.add(service)),
        },
        restartApp: async () => {
          const restarted = await control.restartApp()
          if (restarted.problem) throw new Error(restarted.problem)
        },
        random: randomFor(run.seed, title),
        readDocument: file => readDocument(run.workspaceDir, file),
        uncharged: () => record.uncharged(),
        eventually,
      }
      try {
        await body(context)
      } catch (thrown) {
        if (thrown instanceof NotRun) skip(thrown.message)
        graded.shaken = broken.size > 0
        const exchanges = record.since(from)
        const asserted = exchanges.findLastIndex(exchange => focused.has(exchange))
        const focus = asserted === -1 ? exchanges.length - 1 : asserted
        const about = exchanges[focus]
        if (about) {
          record.charge(about)
          const first = Math.max(0, focus - 4)
          task.meta.exchanges = exchanges.slice(first, first + 5)
          task.meta.focus = focus - first
        }
        throw thrown
      } finally {
        task.meta.requests = record.since(from).map(sentRequest)
        for (const service of broken) await control.fault({ service, fault: { kind: 'heal' } })
      }
    })
  }
}

const sentRequest = ({ method, path: target, response }: Exchange): SentRequest => ({
  method,
  path: target.split('?')[0] ?? '',
  ...(response && { status: response.status }),
})

const maxDocumentBytes = 1024 * 1024

async function readDocument(workspaceDir: string, file: string): Promise<string> {
  try {
    const [folder, really] = await Promise.all([
      realpath(workspaceDir),
      realpath(path.join(workspaceDir, file)),
    ])
    // Somebody else's document earns nothing.
    if (!really.startsWith(folder + path.sep))
      throw new Error(`${file} is a link that leads out of the folder`)
    const found = await stat(really)
    if (!found.isFile()) throw new Error(`${file} is not a file`)
    if (found.size > maxDocumentBytes) throw new Error(`${file} is larger than ${maxDocumentBytes} bytes`)
    return await readFile(really, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw new Error(`${file} cannot be read (${code})`, { cause })
  }
}
