import bcrypt from 'bcryptjs'
import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'

export type Role = 'viewer' | 'editor' | 'admin'

export interface User {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: string
  readonly createdAt: string
}

export interface Post {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly status: string
  readonly author: { readonly id: string; readonly name: string }
  readonly createdAt: string
  readonly updatedAt: string
  readonly publishedAt: string | null
}

export interface Comment {
  readonly id: string
  readonly postId: string
  readonly body: string
  readonly author: { readonly id: string; readonly name: string }
  readonly createdAt: string
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: string
  readonly expiresIn: number
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

/** A registered user with a login. */
export interface Account extends Credentials {
  readonly user: User
  readonly tokens: Tokens
  /** What the server kept of the password, before the grader made logging in cheap. */
  readonly hash: string
  /** Options of a request by this user. */
  readonly auth: { readonly headers: { readonly authorization: string } }
}

type People = Pick<CheckContext, 'api' | 'random' | 'sql'>

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** A body for `POST /auth/register` with an address that no other check uses. */
export function newUser({ random }: Pick<CheckContext, 'random'>, fields: Record<string, unknown> = {}) {
  return {
    name: `Ada ${random.letters(6)}`,
    email: `${random.letters(14)}@example.com`,
    password: `pw ${random.letters(16)}`,
    ...fields,
  }
}

/** Registers a viewer; which 2xx answers is a row's business. */
export async function register(
  context: Pick<CheckContext, 'api' | 'random'>,
  fields: Partial<Credentials & Pick<User, 'name'>> = {},
) {
  const sent = newUser(context, fields)
  const answer = await context.api.post('/auth/register', sent)
  const { id, name, email, role, createdAt } = created<User>(answer)
  // Whether there is more in the answer is a row's business, too.
  const user: User = { id, name, email, role, createdAt }
  return { user, email: sent.email, password: sent.password }
}

export async function logIn(api: Api, { email, password }: Credentials): Promise<Tokens> {
  const answer = await api.post('/auth/login', { email, password })
  expect(answer).toHaveStatus([200, 201])
  const tokens = Object(answer.body) as Tokens
  expect(typeof tokens.accessToken, 'type of `accessToken`').toBe('string')
  return tokens
}

export async function setRole({ sql }: Pick<CheckContext, 'sql'>, email: string, role: Role): Promise<void> {
  const rows = await sql('update users set role = $1 where lower(email) = lower($2) returning role', [
    role,
    email,
  ])
  expect(rows.length, 'rows of `users` with the address of a user who registered').toBe(1)
}

/**
 * Makes the logins of a user cheap, for bcrypt is slow on purpose: the same password hashed at the lowest cost.
 * A column that holds no bcrypt hash is another row's business, and stays.
 * @returns what the server had put there.
 */
async function lowerCost({ sql }: Pick<CheckContext, 'sql'>, { email, password }: Credentials) {
  const [row] = await sql<{ hash: string | null }>(
    `select to_jsonb(u) ->> 'password_hash' as hash from users u where lower(u.email) = lower($1)`,
    [email],
  )
  const made = row?.hash ?? ''
  const [version] = /^\$2[aby]\$/.exec(made) ?? []
  if (version === undefined) return made
  // The versions differ for passwords that are longer than those of the grader; a server may know only its own.
  const hash = (await bcrypt.hash(password, 4)).replace(/^\$2b\$/, () => version)
  await sql('update users set password_hash = $1 where lower(email) = lower($2)', [hash, email])
  return made
}

/** A new user of this role, logged in by token. */
export async function newAccount(context: People, role: Role = 'viewer'): Promise<Account> {
  const registered = await register(context)
  const hash = await lowerCost(context, registered)
  if (role !== 'viewer') await setRole(context, registered.email, role)
  const tokens = await logIn(context.api, registered)
  const user = { ...registered.user, role }
  return { ...registered, user, hash, tokens, auth: bearer(tokens.accessToken) }
}

// Registering takes a whole bcrypt hash: the users whom no check deletes or changes are made once a run.
const shared = new WeakMap<Api, Map<string, Promise<Account>>>()

/** A user of this role, the same for all checks of a run that use this name: leave it as it is. */
export function account(context: People, role: Role, name = ''): Promise<Account> {
  const accounts = shared.get(context.api) ?? new Map<string, Promise<Account>>()
  shared.set(context.api, accounts)
  const key = `${role} ${name}`
  const made = accounts.get(key) ?? newAccount(context, role)
  accounts.set(key, made)
  made.catch(() => accounts.delete(key))
  return made
}

export async function createPost(
  api: Api,
  { auth }: Account,
  fields: Record<string, unknown> = {},
): Promise<Post> {
  return created<Post>(await api.post('/posts', { title: 'On gardens', body: 'They grow.', ...fields }, auth))
}

export async function createPublished(
  api: Api,
  author: Account,
  fields: Record<string, unknown> = {},
): Promise<Post> {
  const { id } = await createPost(api, author, fields)
  const answer = await publish(api, id, author)
  expect(answer).toHaveStatus([200, 201])
  return answer.body as Post
}

export function publish(api: Api, id: string, { auth }: Account): Promise<Answer> {
  return api.send({ method: 'POST', path: `/posts/${id}/publish`, ...auth })
}

export async function createComment(
  api: Api,
  postId: string,
  { auth }: Account,
  body = 'Well said.',
): Promise<Comment> {
  return created<Comment>(await api.post(`/posts/${postId}/comments`, { body }, auth))
}

function created<T extends { readonly id: string }>(answer: Answer): T {
  expect(answer).toHaveStatus([200, 201])
  expect(typeof Object(answer.body).id, 'type of the `id` of what was created').toBe('string')
  return answer.body as T
}

/** Deletes what was created; which status that has is another row's business. */
export async function remove(api: Api, path: string, { auth }: Account): Promise<void> {
  expect(await api.delete(path, auth)).toHaveStatus([200, 204])
}

/** Deletes a user; false if the server did not, which is the business of the row that is about that. */
export async function removeUser(context: People, { id }: User): Promise<boolean> {
  const { status } = await context.api.delete(`/users/${id}`, (await account(context, 'admin')).auth)
  return status === 204
}

/** The id of a post that was deleted: of the right form, and nothing has it. */
export async function gonePostId(api: Api, author: Account): Promise<string> {
  const { id } = await createPost(api, author)
  await remove(api, `/posts/${id}`, author)
  return id
}

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

type AuthOptions = Partial<Pick<Account, 'auth'>>

export async function readPage<T>(api: Api, path: string, { auth }: AuthOptions = {}): Promise<Page<T>> {
  const answer = await api.get(path, auth)
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
export async function readPages<T>(
  api: Api,
  path: string,
  as: AuthOptions = {},
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: string = cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`
    const page: Page<T> = await readPage<T>(api, next, as)
    pages.push(page.items)
    cursor = page.nextCursor
    expect(pages.length, 'number of pages before `nextCursor` became null').toBeLessThan(200)
  }
  return pages
}

/** A text as it is, and as whoever thinks that encoding hides it would store it. */
export function disguises(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [
    text,
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]
}
