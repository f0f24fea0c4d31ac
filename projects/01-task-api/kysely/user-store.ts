import type { Kysely } from 'kysely'
import { uuidv7 } from '../../shared/uuid.js'
import type { UserStore } from '../user-store.js'
import { type Database, isAfter, isChange, nextUpdatedAt } from './database.js'

export function kyselyUserStore(db: Kysely<Database>): UserStore {
  const find = (id: string) => db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()

  return {
    find,

    create: draft =>
      db
        .insertInto('users')
        .values({ id: uuidv7(), ...draft })
        .returningAll()
        .executeTakeFirstOrThrow(),

    list: page =>
      db
        .selectFrom('users')
        .selectAll()
        .where(isAfter('users', page))
        .orderBy(page.sortBy, page.direction)
        .orderBy('id', page.direction)
        .limit(page.limit)
        .execute(),

    async update(id, changes) {
      await db
        .updateTable('users')
        .set({ ...changes, updatedAt: nextUpdatedAt })
        .where('id', '=', id)
        .where(isChange(changes))
        .execute()
      return await find(id)
    },

    async delete(id) {
      const { numDeletedRows } = await db.deleteFrom('users').where('id', '=', id).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
