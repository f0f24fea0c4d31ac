import { Redis } from 'ioredis'
import { BepError } from '../../../fixtures/bep-error.js'
import type { QueueAddress } from './queue-address.js'

const firstConnectMs = 5_000

export interface RedisConnection {
  readonly redis: Redis
  /** Ends it and all that were duplicated from it: none of them connects again. */
  end(): void
}

/**
 * Connects to the queue's Redis. Once it has answered, it is waited for whenever it goes away.
 * @throws BepError QUEUE_UNREACHABLE or QUEUE_REFUSED, without the URL.
 */
export async function connectRedis(
  { url, name }: QueueAddress,
  onNotice: (line: string) => void = () => undefined,
): Promise<RedisConnection> {
  let isUp = false
  let isLost = false
  let isEnded = false
  let last: NodeJS.ErrnoException | undefined
  const redis = new Redis(url, {
    lazyConnect: true,
    // As BullMQ wants it: commands wait for the connection.
    maxRetriesPerRequest: null,
    connectTimeout: firstConnectMs,
    retryStrategy: times => (isUp && !isEnded ? Math.min(5_000, times * 200) : null),
  })
  redis.on('error', (error: NodeJS.ErrnoException) => {
    last = error
    if (isUp && !isLost) onNotice(`the queue at ${name} is away (${error.code ?? 'error'}): waiting for it`)
    isLost = isUp
  })
  redis.on('ready', () => {
    if (isLost) onNotice(`the queue at ${name} is back`)
    isLost = false
  })
  try {
    await redis.connect()
    const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1]
    isUp = true
    if (policy !== undefined && policy !== 'noeviction') {
      onNotice(
        `the queue at ${name} may forget work when its memory is full: its maxmemory-policy is ${policy}`,
      )
    }
    return {
      redis,
      end() {
        isEnded = true
        redis.disconnect()
      },
    }
  } catch (cause) {
    redis.disconnect()
    throw refusal(name, last ?? (cause as NodeJS.ErrnoException))
  }
}

function refusal(name: string, error: NodeJS.ErrnoException): BepError {
  const answer = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR)\b/.exec(error.message)?.[0]
  if (answer !== undefined) {
    return new BepError('QUEUE_REFUSED', `the Redis at ${name} refuses us (${answer})`, {
      fix: 'Correct user and password in the URL of the queue.',
    })
  }
  // The message of a failed connection names the address alone, but its cause might hold more.
  return new BepError('QUEUE_UNREACHABLE', `no Redis answers at ${name} (${error.code ?? 'no connection'})`, {
    fix: 'Start one there, or correct the URL: redis://host:port, or rediss://host:port with TLS.',
  })
}
