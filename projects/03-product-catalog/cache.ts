import { randomUUID } from 'node:crypto'
import type { Redis, Result } from 'ioredis'
import type { Logger } from 'pino'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    getOrSet(key: string, value: string, ttlMs: number): Result<string, Context>
    exchange(key: string, expected: string, value: string, ttlMs: number): Result<null, Context>
  }
}

const TTL_MS = 300_000
/** How long a process that died, or lost Redis, while loading keeps others from filling the cache. */
const LEASE_MS = 2_000

export interface CacheRead {
  /** A JSON object; undefined if there is none. */
  readonly json: string | undefined
  readonly from: 'HIT' | 'MISS' | 'BYPASS'
}

export interface Cache {
  /**
   * What is stored under a key, or else what `load` gives, which is then stored. Of simultaneous calls in this
   * process only one loads. Without Redis each loads.
   */
  read(keyOf: () => Promise<string>, load: () => Promise<string | undefined>): Promise<CacheRead>
  /**
   * A text that stays the same until `name` is dropped: in a key, it makes all such keys unreachable at once.
   */
  generation(name: string): Promise<string>
  /**
   * Forgets keys and generations. Call it when a write is done, or may have been done though its answer was
   * lost, and before the client gets an answer.
   */
  drop(...keys: readonly string[]): Promise<void>
}

export function createCache(redis: Redis, logger: Logger): Cache {
  redis.defineCommand('getOrSet', {
    numberOfKeys: 1,
    lua: `local value = redis.call('GET', KEYS[1])
      if value then return value end
      redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
      return ARGV[1]`,
  })
  redis.defineCommand('exchange', {
    numberOfKeys: 1,
    lua: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
      if ARGV[2] == '' then redis.call('DEL', KEYS[1])
      else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end`,
  })

  /** What this process loads, by the lease under which it was missing. */
  const loading = new Map<string, Promise<string | undefined>>()
  /** Keys that a write could not drop because Redis was away. */
  const undropped = new Set<string>()

  async function dropNow(keys: readonly string[]): Promise<void> {
    try {
      await redis.unlink(...keys)
    } catch (error) {
      for (const key of keys) undropped.add(key)
      throw error
    }
  }

  /** The JSON or the lease that is stored under a key; undefined if Redis is away. */
  async function find(keyOf: () => Promise<string>, lease: string) {
    try {
      if (undropped.size > 0) {
        const keys = [...undropped]
        undropped.clear()
        await dropNow(keys)
      }
      const key = await keyOf()
      return { key, value: (await redis.get(key)) ?? (await redis.getOrSet(key, lease, LEASE_MS)) }
    } catch (err) {
      logger.warn({ err }, 'read without the cache')
      return undefined
    }
  }

  /**
   * Loads, and stores in the place of the lease. A write drops the lease, so that what was loaded before the
   * write is not stored after it (the leases of "Scaling Memcache at Facebook", NSDI 2013, 3.2.1).
   */
  async function fill(key: string, lease: string, load: () => Promise<string | undefined>) {
    let json: string | undefined
    try {
      json = await load()
      return json
    } finally {
      await redis
        .exchange(key, lease, json ?? '', TTL_MS)
        .catch((err: unknown) => logger.warn({ err }, 'the cache was not filled'))
    }
  }

  return {
    async read(keyOf, load) {
      const lease = randomUUID()
      const found = await find(keyOf, lease)
      if (!found) return { json: await load(), from: 'BYPASS' }
      const { key, value } = found
      if (value.startsWith('{')) return { json: value, from: 'HIT' }
      // Found by its lease, a load that began before a write is not joined by reads that begin after it.
      let loaded = loading.get(value)
      if (!loaded) {
        // What another process fills, this one loads as well instead of waiting for it: once.
        loaded = value === lease ? fill(key, lease, load) : load()
        loading.set(value, loaded)
        const forget = () => loading.delete(value)
        loaded.then(forget, forget)
      }
      return { json: await loaded, from: 'MISS' }
    },

    generation: name => redis.getOrSet(name, randomUUID(), TTL_MS),

    async drop(...keys) {
      await dropNow(keys).catch((err: unknown) => logger.warn({ err, keys }, 'dropped later'))
    },
  }
}
