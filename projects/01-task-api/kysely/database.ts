import {
  type ExpressionWrapper,
  expressionBuilder,
  type Generated,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import type { Page } from '../paging.js'
import type { Task } from '../task-store.js'
import type { User } from '../user-store.js'

interface Times {
  createdAt: Generated<Date>
  updatedAt: Generated<Date>
}

export interface Database {
  users: Omit<User, keyof Times> & Times
  tasks: Omit<Task, 'user' | keyof Times> & Times
}

/** Compares (sort key, id) as one row: items with the same sort key neither repeat nor go missing. */
export function isAfter(
  table: keyof Database,
  { sortBy, direction, after }: Page<string>,
): RawBuilder<SqlBool> {
  if (!after) return sql`true`
  const row = sql`(${sql.ref(`${table}.${sortBy}`)}, ${sql.ref(`${table}.id`)})`
  return sql`${row} ${direction === 'asc' ? sql`>` : sql`<`} (${after.key}, ${after.id})`
}

/** Whether any column would get another value: if not, `updatedAt` is to stay. */
export function isChange(changes: object): ExpressionWrapper<Database, never, SqlBool> {
  const { or } = expressionBuilder<Database>()
  return or(
    Object.entries(changes).map(
      ([column, value]) => sql<SqlBool>`${sql.ref(column)} is distinct from ${value}`,
    ),
  )
}

/** Later than before, also within one millisecond or after the clock was set back. */
export const nextUpdatedAt: RawBuilder<Date> = sql`greatest(now(), updated_at + interval '1 millisecond')`
