import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'

export interface User {
  readonly id: string
  readonly name: string
  readonly followerCount: number
  readonly followingCount: number
  readonly createdAt: string
}

export interface Post {
  readonly id: string
  readonly userId: string
  readonly user: { readonly id: string; readonly name: string }
  readonly text: string
  readonly likeCount: number
  readonly commentCount: number
  readonly createdAt: string
}

export interface Comment {
  readonly id: string
  readonly postId: string
  readonly userId: string
  readonly user: { readonly id: string; readonly name: string }
  readonly text: string
  readonly createdAt: string
}

export interface Activity {
  readonly type: string
  readonly userId: string
  readonly postId: string | null
  readonly commentId: string | null
  readonly createdAt: string
}

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** Creates a user; which 2xx answers is another row's business. */
export async function createUser(
  { api, random }: Pick<CheckContext, 'api' | 'random'>,
  name = `Ada ${random.letters(6)}`,
): Promise<User> {
  return created<User>(await api.post('/users', { name }))
}

export async function createUsers(
  context: Pick<CheckContext, 'api' | 'random'>,
  count: number,
): Promise<User[]> {
  const users: User[] = []
  for (let n = 0; n < count; n++) users.push(await createUser(context))
  return users
}

export async function createPost(api: Api, userId: string, text = 'Hello'): Promise<Post> {
  return created<Post>(await api.post('/posts', { userId, text }))
}

/** Creates posts one after the other and gives their ids, the oldest first. */
export async function createPosts(api: Api, userId: string, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push((await createPost(api, userId, `Post ${n}`)).id)
  return ids
}

export async function createComment(
  api: Api,
  postId: string,
  userId: string,
  text = 'Nice',
): Promise<Comment> {
  return created<Comment>(await api.post(`/posts/${postId}/comments`, { userId, text }))
}

function created<T extends { readonly id: string }>(answer: Answer): T {
  expect(answer).toHaveStatus([200, 201, 202])
  expect(typeof Object(answer.body).id, 'type of the `id` of what was created').toBe('string')
  return answer.body as T
}

const done = [200, 201, 202, 204]

const put = async (api: Api, path: string) => {
  expect(await api.send({ method: 'PUT', path })).toHaveStatus(done)
}

/** Takes away; which 2xx answers is another row's business. */
export async function remove(api: Api, path: string): Promise<void> {
  expect(await api.delete(path)).toHaveStatus(done)
}

export const followPath = (followerId: string, followeeId: string) =>
  `/users/${followerId}/following/${followeeId}`
export const likePath = (postId: string, userId: string) => `/posts/${postId}/likes/${userId}`

export const follow = (api: Api, followerId: string, followeeId: string) =>
  put(api, followPath(followerId, followeeId))
export const unfollow = (api: Api, followerId: string, followeeId: string) =>
  remove(api, followPath(followerId, followeeId))
export const like = (api: Api, postId: string, userId: string) => put(api, likePath(postId, userId))

/** Reads one resource that must be there. */
export async function read<T>(api: Api, path: string): Promise<T> {
  const answer = await api.get(path)
  expect(answer).toHaveStatus(200)
  return answer.body as T
}

/** The page in an answer. */
export function pageOf<T>(answer: Answer): Page<T> {
  expect(answer).toHaveStatus(200)
  const page = Object(answer.body) as Page<T>
  expect(Array.isArray(page.items), 'whether `items` is an array').toBe(true)
  expect(page.nextCursor, '`nextCursor`').toSatisfy(
    (cursor: unknown) => cursor === null || (typeof cursor === 'string' && cursor !== ''),
    'a string or null',
  )
  return page
}

/** Reads one page of a list; `path` may have a query. */
export async function readPage<T>(api: Api, path: string): Promise<Page<T>> {
  return pageOf<T>(await api.get(path))
}

/** The path of the next page; `path` has a query. */
export const nextPath = (path: string, cursor: string | null) =>
  `${path}&cursor=${encodeURIComponent(cursor ?? 'missing')}`

/** Follows `nextCursor` to the last page. `path` has a query. */
export async function readPages<T>(api: Api, path: string): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page<T> = await readPage<T>(api, cursor === '' ? path : nextPath(path, cursor))
    pages.push(page.items)
    cursor = page.nextCursor
    expect(pages.length, 'number of pages before `nextCursor` became null').toBeLessThan(200)
  }
  return pages
}

/** The ids of the items of a page. */
export async function readIds(api: Api, path: string): Promise<string[]> {
  return (await readPage<{ readonly id: string }>(api, path)).items.map(({ id }) => id)
}

/** The ids in a feed, in no order of importance: creation within one millisecond leaves it free. */
export async function feedIds(api: Api, userId: string): Promise<string[]> {
  return (await readIds(api, `/users/${userId}/feed?limit=50`)).sort()
}

/** The id of a post that was deleted. */
export async function gonePostId(api: Api, userId: string): Promise<string> {
  const { id } = await createPost(api, userId)
  await remove(api, `/posts/${id}`)
  return id
}

/** An id of the same form that nobody has. */
export function unknownIdLike(id: string): string {
  if (/^\d+$/.test(id)) return String(BigInt(id) + 1_000_000n)
  // A short id may be a number behind a letter or to base 36, and its neighbours are others' ids.
  if (id.length < 12) return `${id}00000`
  // Each of the last characters becomes the next of its kind, so that hexadecimal digits stay such.
  const kinds = ['0123456789', 'abcdef', 'ABCDEF', 'ghijklmnopqrstuvwxyz', 'GHIJKLMNOPQRSTUVWXYZ', '-_']
  const next = (character: string) => {
    const kind = kinds.find(each => each.includes(character)) ?? character
    return kind[(kind.indexOf(character) + 1) % kind.length] ?? character
  }
  return id.slice(0, -4) + [...id.slice(-4)].map(next).join('')
}

/** Sends the same request `times` times, all at once. */
export function inParallel(times: number, send: (n: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: times }, (_, n) => send(n)))
}

/** Reads a page twice and gives the SQL statements of the second time. */
export async function warmStatements(
  { api, statementsOf }: CheckContext,
  path: string,
): Promise<readonly string[]> {
  pageOf(await api.get(path))
  const second = await api.get(path)
  pageOf(second)
  return (await statementsOf(second)).map(({ sql }) => sql)
}
