import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Deps } from './app.js'
import { leaseOf } from './cache.js'
import { type Database, shown } from './database.js'

const TTL_SECONDS = 600

export const postKey = (id: string) => `post:${id}`

const fillPosts = `
  for n = 1, #KEYS, 2 do
    if redis.call('GET', KEYS[n + 1]) == ARGV[1] then
      redis.call('SET', KEYS[n], ARGV[(n + 1) / 2 + 2], 'EX', ARGV[2])
      redis.call('DEL', KEYS[n + 1])
    end
  end`

/**
 * The posts of these ids that there are, in this order, each as the JSON that is answered: from the cache, and the
 * others in one statement.
 */
export async function readPosts({ db, cache }: Deps, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const cached = (await cache.attempt(redis => redis.mget(ids.map(postKey)))) ?? []
  const absent = ids.filter((_, n) => !cached[n])
  const loaded = absent.length > 0 ? await loadPosts({ db, cache }, absent) : new Map<string, string>()
  return ids.flatMap((id, n) => cached[n] ?? loaded.get(id) ?? [])
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
  const posts = new Map(rows.map(shown).map(post => [post.id, JSON.stringify(post)]))
  if (token !== undefined && posts.size > 0) {
    const keys = [...posts.keys()].flatMap(id => [postKey(id), leaseOf(postKey(id))])
    const fill = [token, TTL_SECONDS, ...posts.values()]
    await cache.attempt(redis => redis.eval(fillPosts, keys.length, ...keys, ...fill))
  }
  return posts
}
