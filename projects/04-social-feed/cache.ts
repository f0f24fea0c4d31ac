import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'

const LEASE_SECONDS = 10
const KEYS_AT_ONCE = 1_000

const grantLeases = `
  for _, lease in ipairs(KEYS) do redis.call('SET', lease, ARGV[1], 'EX', ARGV[2]) end
  return ARGV[1]`

/** Redis as a cache: whatever happens to it, requests go on. */
export interface Cache {
  /** What `use` gives; undefined while Redis is away. */
  attempt<T>(use: (redis: Redis) => Promise<T>): Promise<T | undefined>
  /**
   * Gives a token before the values of `keys` are read from the database. A change that was committed since
   * then drops the lease: whoever fills a key makes sure that `leaseOf(key)` still holds the token, or an old
   * value would outlive the change. Undefined while Redis is away.
   */
  lease(keys: readonly string[]): Promise<string | undefined>
  /** Forgets `keys`. Call it after a change is committed and before it is answered. */
  drop(keys: readonly string[]): Promise<void>
}

export const leaseOf = (key: string) => `lease:${key}`

/** Uses a client of `connectRedis`, whose database must hold nothing but this cache. */
export function openCache(redis: Redis, logger: Logger): Cache {
  async function attempt<T>(use: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    try {
      return await use(redis)
    } catch (err) {
      logger.warn({ err }, 'did without Redis')
      return undefined
    }
  }

  // Nobody knows what should have been dropped while there was no connection: begin with nothing.
  const begin = () => void attempt(() => redis.flushdb())
  redis.on('ready', begin)
  if (redis.status === 'ready') begin()

  return {
    attempt,

    async lease(keys) {
      const token = randomUUID()
      const granted = await attempt(() =>
        redis.eval(grantLeases, keys.length, ...keys.map(leaseOf), token, LEASE_SECONDS),
      )
      return granted === token ? token : undefined
    },

    async drop(keys) {
      await attempt(async () => {
        for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
          await redis.del(keys.slice(from, from + KEYS_AT_ONCE).flatMap(key => [key, leaseOf(key)]))
        }
      })
    },
  }
}
