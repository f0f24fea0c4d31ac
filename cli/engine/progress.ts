import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { Kysely, type SqliteDatabase, SqliteDialect, sql } from 'kysely'
import SqliteConnection from 'libsql'
import { BepError } from '../../fixtures/bep-error.js'
import type { Results, Verdict } from './results.js'

interface Tables {
  rows: {
    project: string
    row: string
    verdict: Verdict
    points: number
    grader_version: string
    seed: number
    graded_at: string
    first_passed_at: string | null
  }
  runs: {
    project: string
    started_at: string
    duration_ms: number
    earned: number
    possible: number
    seed: number
  }
  failures: { project: string; row: string; check_title: string; hints: string; shown_hints: number }
}

/** What a learner has reached on one row. */
export interface RowProgress {
  readonly row: string
  readonly verdict: Verdict
  readonly points: number
  readonly graderVersion: string
  readonly gradedAt: string
  readonly firstPassedAt: string | null
}

/** The failure that hints are about. */
export interface OpenFailure {
  readonly row: string
  readonly check: string
  readonly hints: readonly string[]
  /** How many of them the learner has seen. */
  readonly shownHints: number
}

/** A learner's progress. Every write is one transaction: a kill at any moment loses at most that write. */
export interface ProgressStore {
  /** Set when the file could not be read and was put aside: where it is now. */
  readonly setAside: string | undefined
  record(results: Results): Promise<void>
  rowsOf(project: string): Promise<readonly RowProgress[]>
  projects(): Promise<readonly { readonly project: string; readonly lastRunAt: string }[]>
  findFailure(project: string): Promise<OpenFailure | undefined>
  showHints(project: string, count: number): Promise<void>
  forget(project: string): Promise<void>
  close(): Promise<void>
}

const formatVersion = 1

// Two first commands at once both get here: the second finds the tables made.
const schema = `
  create table if not exists rows (project text not null, row text not null, verdict text not null, points integer not null,
    grader_version text not null, seed integer not null, graded_at text not null, first_passed_at text,
    primary key (project, row)) strict;
  create table if not exists runs (id integer primary key, project text not null, started_at text not null,
    duration_ms integer not null, earned integer not null, possible integer not null, seed integer not null) strict;
  create table if not exists failures (project text primary key, row text not null, check_title text not null,
    hints text not null, shown_hints integer not null) strict;
  pragma user_version = ${formatVersion};`

export const progressFile = (home: string) => path.join(home, 'progress.db')

/**
 * Opens the progress of this home. A corrupt file is kept aside under another name, never deleted.
 * @throws BepError HOME_NEWER when a newer bep wrote it, PROGRESS_UNUSABLE when it cannot be opened.
 */
export async function openProgress(home: string): Promise<ProgressStore> {
  const file = progressFile(home)
  let setAside: string | undefined
  let connection: SqliteConnection.Database
  try {
    connection = connect(file)
  } catch (thrown) {
    if (!isCorrupt(thrown)) throw unusable(file, thrown)
    setAside = `${file}.corrupt-${new Date().toISOString().replaceAll(':', '-')}`
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) await rename(file + suffix, setAside + suffix)
    }
    connection = connect(file)
  }
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: connection as unknown as SqliteDatabase }),
  })

  return {
    setAside,

    async record(results) {
      const {
        project,
        rows,
        startedAt: started_at,
        durationMs: duration_ms,
        earned,
        possible,
        seed,
      } = results
      const failed = rows
        .flatMap(row => row.checks.map(check => ({ row, check })))
        .find(({ check }) => check.verdict === 'fail')
      await db.transaction().execute(async trx => {
        await trx
          .insertInto('runs')
          .values({ project, started_at, duration_ms, earned, possible, seed })
          .execute()
        for (const row of rows) {
          // What did not run, or failed by our fault, says nothing new about the learner.
          if (row.checks.length === 0 || (row.verdict !== 'pass' && row.verdict !== 'fail')) continue
          await trx
            .insertInto('rows')
            .values({
              project,
              row: row.id,
              verdict: row.verdict,
              points: row.points,
              grader_version: row.graderVersion,
              seed,
              graded_at: started_at,
              first_passed_at: row.verdict === 'pass' ? started_at : null,
            })
            .onConflict(conflict =>
              conflict.columns(['project', 'row']).doUpdateSet(eb => ({
                verdict: eb.ref('excluded.verdict'),
                points: eb.ref('excluded.points'),
                grader_version: eb.ref('excluded.grader_version'),
                seed: eb.ref('excluded.seed'),
                graded_at: eb.ref('excluded.graded_at'),
                first_passed_at: eb.fn.coalesce('rows.first_passed_at', 'excluded.first_passed_at'),
              })),
            )
            .execute()
        }
        const open = await trx
          .selectFrom('failures')
          .selectAll()
          .where('project', '=', project)
          .executeTakeFirst()
        const same = open?.row === failed?.row.id && open?.check_title === failed?.check.title
        if (failed && !same) {
          await trx.deleteFrom('failures').where('project', '=', project).execute()
          await trx
            .insertInto('failures')
            .values({
              project,
              row: failed.row.id,
              check_title: failed.check.title,
              hints: JSON.stringify(failed.check.hints),
              shown_hints: 1, // The report of a failure shows the first.
            })
            .execute()
        }
        const passed = open && rows.some(row => row.id === open.row && row.verdict === 'pass')
        if (passed && !failed) await trx.deleteFrom('failures').where('project', '=', project).execute()
      })
    },

    async rowsOf(project) {
      const rows = await db.selectFrom('rows').selectAll().where('project', '=', project).execute()
      return rows.map(row => ({
        row: row.row,
        verdict: row.verdict,
        points: row.points,
        graderVersion: row.grader_version,
        gradedAt: row.graded_at,
        firstPassedAt: row.first_passed_at,
      }))
    },

    projects: () =>
      db
        .selectFrom('runs')
        .select(['project', sql<string>`max(started_at)`.as('lastRunAt')])
        .groupBy('project')
        .orderBy('lastRunAt', 'desc')
        .execute(),

    async findFailure(project) {
      const open = await db
        .selectFrom('failures')
        .selectAll()
        .where('project', '=', project)
        .executeTakeFirst()
      return (
        open && {
          row: open.row,
          check: open.check_title,
          hints: JSON.parse(open.hints) as string[],
          shownHints: open.shown_hints,
        }
      )
    },

    async showHints(project, count) {
      await db.updateTable('failures').set({ shown_hints: count }).where('project', '=', project).execute()
    },

    async forget(project) {
      await db.transaction().execute(async trx => {
        for (const table of ['rows', 'runs', 'failures'] as const) {
          await trx.deleteFrom(table).where('project', '=', project).execute()
        }
      })
    },

    close: () => db.destroy(),
  }
}

function connect(file: string): SqliteConnection.Database {
  const connection = new SqliteConnection(file, { timeout: 5_000 })
  try {
    connection.pragma('journal_mode = WAL')
    const version = connection.prepare('pragma user_version').get() as { user_version: number }
    if (version.user_version > formatVersion) {
      throw new BepError('HOME_NEWER', `${file} was written by a newer bep`, {
        fix: 'Update bep, or set BEP_HOME to another folder. Nothing was changed.',
      })
    }
    const check = connection.prepare('pragma quick_check').get() as { quick_check: string }
    if (check.quick_check !== 'ok')
      throw Object.assign(new Error(check.quick_check), { code: 'SQLITE_CORRUPT' })
    if (version.user_version === 0) connection.exec(`begin immediate; ${schema} commit;`)
    return connection
  } catch (thrown) {
    connection.close()
    throw thrown
  }
}

const isCorrupt = (thrown: unknown) =>
  /SQLITE_(CORRUPT|NOTADB)|malformed|not a database/.test(
    `${(thrown as NodeJS.ErrnoException).code} ${(thrown as Error).message}`,
  )

function unusable(file: string, cause: unknown): BepError {
  if (cause instanceof BepError) return cause
  return new BepError(
    'PROGRESS_UNUSABLE',
    `the progress file ${file} cannot be opened: ${(cause as Error).message}`,
    {
      fix: 'Check its permissions and the free space, or set BEP_HOME to another folder.',
      cause,
    },
  )
}
