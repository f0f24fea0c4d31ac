import { z } from 'zod'
import { id } from '../shared/uuid-ids.js'
import { line, text, time } from './fields.js'
import type { Page } from './paging.js'

export const taskSchema = z.strictObject({
  id,
  title: line(200),
  description: text(2000).nullable(),
  status: z.enum(['todo', 'in_progress', 'done']),
  priority: z.int().min(1).max(5),
  dueAt: time.nullable(),
  userId: id,
  user: z.strictObject({ id, name: line(100) }),
  createdAt: time,
  updatedAt: time,
})
export type Task = z.output<typeof taskSchema>

const written = taskSchema.omit({ id: true, user: true, createdAt: true, updatedAt: true })
const { description, status, priority, dueAt } = written.shape

export const taskDraftSchema = written.extend({
  description: description.default(null),
  status: status.default('todo'),
  priority: priority.default(3),
  dueAt: dueAt.default(null),
})
export type TaskDraft = z.output<typeof taskDraftSchema>

// Without the defaults: what a PATCH leaves out stays as it is.
export const taskChangesSchema = written.partial()
export type TaskChanges = z.output<typeof taskChangesSchema>

export interface TaskFilter {
  readonly status?: Task['status'] | undefined
  readonly userId?: string | undefined
}

/** Where tasks are kept. `create` and `update` reject with a violation of `tasks_user_id_fkey` without owner. */
export interface TaskStore {
  create(draft: TaskDraft): Promise<Task>
  find(id: string): Promise<Task | undefined>
  list(filter: TaskFilter, page: Page<'createdAt' | 'title' | 'priority'>): Promise<Task[]>
  update(id: string, changes: TaskChanges): Promise<Task | undefined>
  delete(id: string): Promise<boolean>
}
