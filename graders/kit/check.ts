import { readFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { inject, test } from 'vitest'
import { type Answer, type Api, openApi } from './api.js'
import { eventually } from './eventually.js'
import { focused } from './matchers.js'
import { type Random, randomFor } from './random.js'
import { ExchangeRecord } from './record.js'
import type { Rubric } from './rubric.js'
import type { RunContext } from './run-context.js'
import {
  connectStackControl,
  type Fault,
  type SeenStatement,
  type StackControl,
  StackError,
} from './stack-control.js'

/** What a check works with. */
export interface CheckContext {
  readonly api: Api
  /** Reads the app's database as a superuser, around the tap. */
  readonly sql: <T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<T[]>
  /** The SQL statements that reached the database between a request and its answer. */
  readonly statementsOf: (answer: Answer) => Promise<readonly SeenStatement[]>
  /** Breaks the app's connection to its database; healed again when the check ends. */
  readonly fault: (fault: Fault) => Promise<void>
  /** Stops the app by SIGTERM and starts it again with the same database. */
  readonly restartApp: () => Promise<void>
  readonly random: Random
  /** The text of a file in the learner's folder. Throws an assertion error when there is none. */
  readonly readDocument: (file: string) => Promise<string>
  /** All exchanges of the run so far that no failed check has already been charged with. */
  readonly uncharged: () => readonly import('./exchange.js').Exchange[]
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
  readonly sql: CheckContext['sql']
}

// The worker keeps its modules from file to file, so that a run has one record and one set of connections.
let session: Session | undefined

function sessionOf(run: RunContext): Session {
  if (session?.run.runId === run.runId) return session
  const record = new ExchangeRecord()
  const pool = new pg.Pool({ connectionString: run.databaseAdminUrl, max: 2, allowExitOnIdle: true })
  pool.on('error', () => undefined) // The next query says so.
  session = {
    run,
    record,
    control: connectStackControl(run.controlUrl, run.controlToken),
    api: openApi({ ...run, onExchange: exchange => record.add(exchange) }),
    sql: async <T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
      const result = await pool.query<T>(text, [...values]).catch((cause: unknown) => {
        throw new StackError(`the grader cannot query the database: ${text}`, { cause })
      })
      return result.rows
    },
  }
  return session
}

/** Gives the function that declares checks for a rubric. The body throws (by `expect`) to fail the row. */
export function checksFor<Id extends string>(_rubric: Rubric<Id>): Check<Id> {
  return (title, { row, brief, hints, timeoutMs = 60_000 }, body) => {
    test(title, { timeout: timeoutMs, meta: { bep: { row, brief, hints } } }, async ({ task }) => {
      const { run, control, api, record, sql } = sessionOf(inject('bep'))
      const { problem } = await control.ensureApp()
      if (problem) throw new Error(problem)
      let faulty = false
      const from = record.begin()
      const context: CheckContext = {
        api,
        sql,
        statementsOf: ({ exchange }) =>
          control.statements({ fromUs: exchange.startedAtUs, toUs: exchange.endedAtUs }),
        fault: fault => {
          faulty = true
          return control.fault(fault)
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
        if (faulty) await control.fault({ kind: 'heal' })
      }
    })
  }
}

async function readDocument(workspaceDir: string, file: string): Promise<string> {
  try {
    return await readFile(path.join(workspaceDir, file), 'utf8')
  } catch (cause) {
    throw new Error(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause })
  }
}
