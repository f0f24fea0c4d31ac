import { CamelCasePlugin, type Generated, Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import { violatedConstraint } from '../shared/postgres.js'
import { found, Problem } from '../shared/problem-details.js'

interface Row {
  createdAt: Generated<Date>
}

export interface Tables {
  users: Row & { id: string; name: string }
  follows: Row & { followerId: string; followeeId: string }
  posts: Row & {
    id: string
    userId: string
    text: string
    likeCount: Generated<number>
    commentCount: Generated<number>
  }
  likes: Row & { postId: string; userId: string }
  comments: Row & {
    id: string
    postId: string
    userId: string
    text: string
    idempotencyKey: string | null
  }
}

export type Database = Kysely<Tables>

export function openDatabase(pool: Pool): Database {
  return new Kysely({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
}

/** The row as JSON and cursors have it. */
export function shown<R extends { readonly createdAt: Date }>(
  row: R,
): Omit<R, 'createdAt'> & { createdAt: string } {
  return { ...row, createdAt: row.createdAt.toISOString() }
}

export async function userExists(db: Database, id: string): Promise<boolean> {
  const user = await db.selectFrom('users').select('id').where('id', '=', id).executeTakeFirst()
  return user !== undefined
}

/** A 404 unless there is such a user. */
export async function requireUser(db: Database, id: string): Promise<void> {
  found(await userExists(db, id))
}

/** For `catch`: a 404 if what is written refers to something that is not there, or not any more. */
export function referenceMissing(error: unknown): never {
  throw violatedConstraint(error)?.endsWith('_fkey') ? new Problem(404) : error
}
