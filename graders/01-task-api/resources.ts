import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'

export interface User {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Task {
  readonly id: string
  readonly title: string
  readonly description: string | null
  readonly status: string
  readonly priority: number
  readonly dueAt: string | null
  readonly userId: string
  readonly user: { readonly id: string; readonly name: string }
  readonly createdAt: string
  readonly updatedAt: string
}

type Writable<T> = Partial<Record<keyof T, unknown>>

/** The routes of the brief's table that the OpenAPI document and the collection must have. */
export const routes = [
  ['GET', '/health'],
  ['POST', '/users'],
  ['GET', '/users'],
  ['GET', '/users/{id}'],
  ['PATCH', '/users/{id}'],
  ['DELETE', '/users/{id}'],
  ['GET', '/users/{id}/tasks'],
  ['POST', '/tasks'],
  ['GET', '/tasks'],
  ['GET', '/tasks/{id}'],
  ['PATCH', '/tasks/{id}'],
  ['DELETE', '/tasks/{id}'],
] as const

/** A body for `POST /users` with an address that no other check uses. */
export function newUser({ random }: Pick<CheckContext, 'random'>, fields: Writable<User> = {}) {
  return { name: `Ada ${random.letters(6)}`, email: `${random.letters(14)}@example.com`, ...fields }
}

/** Creates a user; which 2xx answers is another row's business. */
export async function createUser(context: Pick<CheckContext, 'api' | 'random'>, fields: Writable<User> = {}) {
  return created<User>(await context.api.post('/users', newUser(context, fields)))
}

/** Creates a task; which 2xx answers is another row's business. */
export async function createTask(api: Api, userId: string, fields: Writable<Task> = {}) {
  return created<Task>(await api.post('/tasks', { title: 'Water the plants', userId, ...fields }))
}

function created<T extends { readonly id: string }>(answer: Answer): T {
  expect(answer).toHaveStatus([200, 201, 202])
  expect(typeof Object(answer.body).id, 'type of the `id` of what was created').toBe('string')
  return answer.body as T
}

/** Reads one resource that must be there. */
export async function read<T>(api: Api, path: string): Promise<T> {
  const answer = await api.get(path)
  expect(answer).toHaveStatus(200)
  return answer.body as T
}

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** Reads one page of a list; `path` may have a query. */
export async function readPage<T>(api: Api, path: string): Promise<Page<T>> {
  const answer = await api.get(path)
  expect(answer).toHaveStatus(200)
  const page = Object(answer.body) as Page<T>
  expect(Array.isArray(page.items), 'whether `items` is an array').toBe(true)
  expect(page.nextCursor, '`nextCursor`').toSatisfy(
    (cursor: unknown) => cursor === null || (typeof cursor === 'string' && cursor !== ''),
    'a string or null',
  )
  return page
}

/** Follows `nextCursor` to the last page. `path` has a query. */
export async function readPages<T>(api: Api, path: string): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<T> = await readPage<T>(
      api,
      cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`,
    )
    pages.push(page.items)
    cursor = page.nextCursor
    expect(pages.length, 'number of pages before `nextCursor` became null').toBeLessThan(500)
  }
  return pages
}

/** Deletes what was created; which status that has is another row's business. */
export async function remove(api: Api, path: string): Promise<void> {
  expect(await api.delete(path)).toHaveStatus([200, 202, 204])
}

/** The id of a user who was deleted: of the right form, and nobody has it. */
export async function goneUserId(context: Pick<CheckContext, 'api' | 'random'>): Promise<string> {
  const { id } = await createUser(context)
  await remove(context.api, `/users/${id}`)
  return id
}

/** The id of a task that was deleted. */
export async function goneTaskId(context: Pick<CheckContext, 'api' | 'random'>): Promise<string> {
  const user = await createUser(context)
  const { id } = await createTask(context.api, user.id)
  await remove(context.api, `/tasks/${id}`)
  return id
}

/** A task with `dueAt` as an instant: servers may write one time in several ways. */
export function withInstant(task: unknown): unknown {
  const { dueAt } = Object(task) as Partial<Task>
  return typeof dueAt === 'string' ? { ...Object(task), dueAt: new Date(dueAt) } : task
}
