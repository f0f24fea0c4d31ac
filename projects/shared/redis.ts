import { Redis } from 'ioredis'
import type { Logger } from 'pino'

const CONNECT_TIMEOUT_MS = 1_500
const COMMAND_TIMEOUT_MS = 1_000
const RECONNECT_AFTER_MS = 250

/**
 * A Redis client, connected unless Redis is away: then it goes on trying. Meanwhile commands fail at once; none is
 * kept to be sent later. When Redis accepts connections and never answers, they fail within `COMMAND_TIMEOUT_MS`,
 * and the client hangs up. It works again as soon as Redis does. The caller disconnects it.
 */
export async function connectRedis(url: string, logger: Logger): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // Without it every command would wait anew for a connection whose other end is gone without a word.
    socketTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => RECONNECT_AFTER_MS,
  })
  // Each attempt to connect that fails is an 'error' event; unheard, it would be printed.
  redis.on('error', (err: Error) => logger.warn({ err }, 'no connection to Redis'))
  await redis.connect().catch(() => {})
  return redis
}
