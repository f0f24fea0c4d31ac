import { and, asc, desc, eq, getTableColumns } from 'drizzle-orm'
import { uuidv7 } from '../../shared/uuid.js'
import type { Task, TaskStore } from '../task-store.js'
import { type Database, isAfter, isChange, nextUpdatedAt, tasks, users } from './database.js'

const taskColumns = { ...getTableColumns(tasks), user: { id: users.id, name: users.name } }

export function drizzleTaskStore(db: Database): TaskStore {
  const selectTasks = () => db.select(taskColumns).from(tasks).innerJoin(users, eq(users.id, tasks.userId))

  async function find(id: string): Promise<Task | undefined> {
    const [task] = await selectTasks().where(eq(tasks.id, id))
    return task
  }

  return {
    find,

    async create(draft) {
      // Under the table's name the new row joins its owner like any other, in one statement.
      const inserted = db.$with('tasks').as(
        db
          .insert(tasks)
          .values({ id: uuidv7(), ...draft })
          .returning(),
      )
      const [task] = (await db
        .with(inserted)
        .select(taskColumns)
        .from(inserted)
        .innerJoin(users, eq(users.id, inserted.userId))) as [Task]
      return task
    },

    async list({ status, userId }, page) {
      const order = page.direction === 'asc' ? asc : desc
      return await selectTasks()
        .where(
          and(
            status ? eq(tasks.status, status) : undefined,
            userId ? eq(tasks.userId, userId) : undefined,
            isAfter(tasks[page.sortBy], tasks.id, page),
          ),
        )
        .orderBy(order(tasks[page.sortBy]), order(tasks.id))
        .limit(page.limit)
    },

    async update(id, changes) {
      await db
        .update(tasks)
        .set({ ...changes, updatedAt: nextUpdatedAt })
        .where(and(eq(tasks.id, id), isChange(tasks, changes)))
      return await find(id)
    },

    async delete(id) {
      const { rowCount } = await db.delete(tasks).where(eq(tasks.id, id))
      return rowCount === 1
    },
  }
}
