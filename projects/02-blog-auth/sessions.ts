import { createHash, randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { Problem } from '../shared/problem-details.js'

export const SESSION_LIFETIME_S = 24 * 60 * 60

export type Sessions = ReturnType<typeof redisSessions>

/** Sessions kept in Redis under a hash of their id. Without Redis nobody has one: every call is a 503. */
export function redisSessions(redis: Redis) {
  return {
    /** Starts a session under a new id: one that a client brought might be known to someone else. */
    async start(userId: string): Promise<string> {
      const id = randomBytes(32).toString('base64url')
      await reached(redis.set(keyOf(id), userId, 'EX', SESSION_LIFETIME_S))
      return id
    },

    /** The user whose session has this id. */
    async find(id: string): Promise<string | null> {
      return await reached(redis.get(keyOf(id)))
    },

    async end(id: string): Promise<void> {
      await reached(redis.del(keyOf(id)))
    },
  }
}

const keyOf = (id: string) => `session:${createHash('sha256').update(id).digest('base64url')}`

async function reached<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (cause) {
    throw new Problem(503, { cause })
  }
}
