import type { Kysely, QueryCreator } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { uuidv7 } from '../../shared/uuid.js'
import type { TaskStore } from '../task-store.js'
import { type Database, isAfter, isChange, nextUpdatedAt } from './database.js'

export function kyselyTaskStore(db: Kysely<Database>): TaskStore {
  const find = (id: string) => selectTasks(db).where('tasks.id', '=', id).executeTakeFirst()

  return {
    find,

    create: draft =>
      // Under the table's name the new row joins its owner like any other, in one statement.
      selectTasks(
        db.with('tasks', cte =>
          cte
            .insertInto('tasks')
            .values({ id: uuidv7(), ...draft })
            .returningAll(),
        ),
      ).executeTakeFirstOrThrow(),

    async list({ status, userId }, page) {
      let query = selectTasks(db)
      if (status !== undefined) query = query.where('tasks.status', '=', status)
      if (userId !== undefined) query = query.where('tasks.userId', '=', userId)
      return await query
        .where(isAfter('tasks', page))
        .orderBy(`tasks.${page.sortBy}`, page.direction)
        .orderBy('tasks.id', page.direction)
        .limit(page.limit)
        .execute()
    },

    async update(id, changes) {
      await db
        .updateTable('tasks')
        .set({ ...changes, updatedAt: nextUpdatedAt })
        .where('id', '=', id)
        .where(isChange(changes))
        .execute()
      return await find(id)
    },

    async delete(id) {
      const { numDeletedRows } = await db.deleteFrom('tasks').where('id', '=', id).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}

function selectTasks(db: QueryCreator<Database>) {
  return db
    .selectFrom('tasks')
    .innerJoin('users', 'users.id', 'tasks.userId')
    .selectAll('tasks')
    .select(({ ref }) => jsonBuildObject({ id: ref('users.id'), name: ref('users.name') }).as('user'))
}
