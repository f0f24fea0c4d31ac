import { getTableColumns, or, type SQL, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { customType, integer, type PgColumn, type PgTable, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Page } from '../paging.js'
import type { Task } from '../task-store.js'

// Drizzle's own timestamp takes the year 0099 for 1999.
const time = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamptz(3)',
  fromDriver: utc => new Date(utc.replace(' ', 'T').replace('+00', 'Z')),
  toDriver: date => date.toISOString(),
})

const times = {
  createdAt: time('created_at').notNull().default(sql`now()`),
  updatedAt: time('updated_at').notNull().default(sql`now()`),
}

export const users = pgTable('users', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull(),
  ...times,
})

export const tasks = pgTable('tasks', {
  id: uuid('id').primaryKey(),
  title: text('title').notNull(),
  description: text('description'),
  status: text('status').$type<Task['status']>().notNull(),
  priority: integer('priority').notNull(),
  dueAt: time('due_at'),
  userId: uuid('user_id').notNull(),
  ...times,
})

export type Database = NodePgDatabase

/** Compares (sort key, id) as one row: items with the same sort key neither repeat nor go missing. */
export function isAfter(
  sortKey: PgColumn,
  id: PgColumn,
  { direction, after }: Page<string>,
): SQL | undefined {
  if (!after) return undefined
  return sql`(${sortKey}, ${id}) ${direction === 'asc' ? sql`>` : sql`<`} (${after.key}, ${after.id})`
}

/** Whether any column would get another value: if not, `updatedAt` is to stay. */
export function isChange(table: PgTable, changes: object): SQL | undefined {
  const columns = getTableColumns(table)
  return or(
    sql`false`,
    ...Object.entries(changes).map(([column, value]) => sql`${columns[column]} is distinct from ${value}`),
  )
}

/** Later than before, also within one millisecond or after the clock was set back. */
export const nextUpdatedAt = sql`greatest(now(), updated_at + interval '1 millisecond')`
