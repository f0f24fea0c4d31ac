import { type ExpressionBuilder, sql } from 'kysely'
import { violatedConstraint } from '../shared/postgres.js'
import { Problem } from '../shared/problem-details.js'
import { uuidv7 } from '../shared/uuid.js'
import type { Database, Db } from './database.js'
import type { Page } from './paging.js'
import type { Role } from './permissions.js'

/** What others may know of a user. The password's hash is only in `findLogin`. */
const publicColumns = ['id', 'name', 'email', 'role', 'createdAt'] as const

export type UserStore = ReturnType<typeof userStore>
export type User = NonNullable<Awaited<ReturnType<UserStore['find']>>>

export function userStore(db: Db) {
  return {
    async create(user: { name: string; email: string; passwordHash: string }) {
      return await db
        .insertInto('users')
        .values({ id: uuidv7(), ...user })
        .returning(publicColumns)
        .executeTakeFirstOrThrow()
        .catch(emailTaken)
    },

    find: (id: string) =>
      db.selectFrom('users').select(publicColumns).where('id', '=', id).executeTakeFirst(),

    findLogin: (email: string) =>
      db
        .selectFrom('users')
        .select([...publicColumns, 'passwordHash'])
        .where(lowerEmail, '=', sql<string>`lower(${email})`)
        .executeTakeFirst(),

    list: ({ after, limit }: Page) =>
      db
        .selectFrom('users')
        .select(publicColumns)
        .$if(after !== undefined, query => query.where('id', '<', after as string))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    setRole: (id: string, role: Role) =>
      db.updateTable('users').set({ role }).where('id', '=', id).returning(publicColumns).executeTakeFirst(),

    /** With the user's posts, comments and refresh tokens; false if there is no such user. */
    async delete(id: string): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('users').where('id', '=', id).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}

const lowerEmail = ({ fn }: ExpressionBuilder<Database, 'users'>) => fn<string>('lower', ['email'])

// Asking first would let two requests with one new address both find it free.
function emailTaken(error: unknown): never {
  if (violatedConstraint(error) !== 'users_email_key') throw error
  throw new Problem(409, { detail: 'Another user has this e-mail address.' })
}
