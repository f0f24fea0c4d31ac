import { type Cache, leaseOf } from './cache.js'
import type { Page } from './paging.js'

interface CachedListsOptions {
  /** Key of a list in Redis. */
  readonly keyOf: (id: string) => string
  /** How many of the newest positions are cached. */
  readonly size: number
  /** Whether the list has no more than that. */
  readonly isWhole: boolean
  readonly ttlSeconds: number
  /** Positions from the database, newest first. */
  readonly load: (id: string, page: Page) => Promise<readonly string[]>
}

/** Sorts after every position, which begins with a year. A list that ends here has nothing more in the database. */
export const END = '0'

/** Where a range of a page's positions begins. */
export function startOf({ after }: Page): string {
  return after === undefined ? '+' : `(${after}`
}

const readList = `
  if redis.call('EXISTS', KEYS[1]) == 0 then return false end
  return redis.call('ZRANGE', KEYS[1], ARGV[1], '-', 'BYLEX', 'REV', 'LIMIT', 0, ARGV[2])`

const fillList = `
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return end
  redis.call('DEL', KEYS[1], KEYS[2])
  for n = 3, #ARGV do redis.call('ZADD', KEYS[1], 0, ARGV[n]) end
  redis.call('EXPIRE', KEYS[1], ARGV[2])`

/**
 * Reads lists of positions from sorted sets, and fills those from the database. All scores are 0, so that Redis
 * sorts by the members themselves and a page begins exactly after a position: a time as the score could not
 * tell items of one millisecond apart.
 */
export function cachedLists(
  cache: Cache,
  { keyOf, size, isWhole, ttlSeconds, load }: CachedListsOptions,
): CachedListsOptions['load'] {
  async function readCached(key: string, page: Page) {
    return (await cache.attempt(redis => redis.eval(readList, 1, key, startOf(page), page.limit))) as
      | string[]
      | null
      | undefined
  }

  async function refill(id: string, { after, limit }: Page) {
    const key = keyOf(id)
    const token = await cache.lease([key])
    if (token === undefined) return undefined
    const newest = await load(id, { after: undefined, limit: size })
    const members = newest.length < size ? [...newest, END] : newest
    await cache.attempt(redis => redis.eval(fillList, 2, key, leaseOf(key), token, ttlSeconds, ...members))
    return members.filter(member => after === undefined || member < after).slice(0, limit)
  }

  return async (id, page) => {
    const members = (await readCached(keyOf(id), page)) ?? (await refill(id, page))
    if (members?.at(-1) === END) return members.slice(0, -1)
    if (members && (isWhole || members.length === page.limit)) return members
    // Deeper than what is cached, or Redis is away.
    return load(id, page)
  }
}
