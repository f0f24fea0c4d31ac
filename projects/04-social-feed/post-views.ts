import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Deps } from './app.js'
import { leaseOf } from './cache.js'
import { type Database, shown } from './database.js'

export type Post = Awaited<ReturnType<typeof loadPosts>>[number]

const TTL_SECONDS = 600

export const postKey = (id: string) => `post:${id}`

const fillPosts = `
  for n = 1, #KEYS, 2 do
    if redis.call('GET', KEYS[n + 1]) == ARGV[1] then
      redis.call('SET', KEYS[n], ARGV[(n + 1) / 2 + 2], 'EX', ARGV[2])
      redis.call('DEL', KEYS[n + 1])
    end
  end`

/** The posts of these ids that there are, in this order: from the cache, and the others in one statement. */
export async function readPosts({ db, cache }: Deps, ids: readonly string[]): Promise<Post[]> {
  if (ids.length === 0) return []
  const cached = (await cache.attempt(redis => redis.mget(ids.map(postKey)))) ?? []
  const posts = cached.flatMap(json => (json === null ? [] : [JSON.parse(json) as Post]))
  const byId = new Map(posts.map(post => [post.id, post]))
  const absent = ids.filter(id => !byId.has(id))
  if (absent.length > 0) {
    for (const post of await loadPosts({ db, cache }, absent)) byId.set(post.id, post)
  }
  return ids.flatMap(id => byId.get(id) ?? [])
}

export function selectPosts(db: Database) {
  return db
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.userId')
    .selectAll('posts')
    .select(({ ref }) => jsonBuildObject({ id: ref('users.id'), name: ref('users.name') }).as('user'))
}

async function loadPosts({ db, cache }: Pick<Deps, 'db' | 'cache'>, ids: readonly string[]) {
  const token = await cache.lease(ids.map(postKey))
  const rows = await selectPosts(db).where(sql<boolean>`posts.id = any(${ids})`).execute()
  const posts = rows.map(shown)
  if (token !== undefined && posts.length > 0) {
    const keys = posts.flatMap(({ id }) => [postKey(id), leaseOf(postKey(id))])
    const values = posts.map(post => JSON.stringify(post))
    await cache.attempt(redis => redis.eval(fillPosts, keys.length, ...keys, token, TTL_SECONDS, ...values))
  }
  return posts
}
