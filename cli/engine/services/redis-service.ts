import { startRedis } from '../../../fixtures/services/redis.js'
import { startRedisTap } from '../../../fixtures/services/resp-wire.js'
import { breakServer, type ServiceStartOptions, type StartedService, seenIn } from './service.js'

/** Redis: each app gets a server of its own, or an external server's logical database. */
export async function startRedisService(options: ServiceStartOptions): Promise<StartedService<'redis'>> {
  const redis = await startRedis(options)
  return {
    origin: `${redis.provider} ${redis.version}`,
    onExit: redis.onExit,
    stop: redis.stop,
    async open(name) {
      const store = await redis.openStore(name === undefined ? {} : { name })
      const direct = new URL(store.url)
      const tap = await startRedisTap({ host: direct.hostname, port: Number(direct.port || 6379) })
      return {
        env: { REDIS_URL: tap.url(store.url) },
        url: store.url,
        adminUrl: store.adminUrl,
        seen: window =>
          seenIn(tap, window).map(({ atNs, connection, command, args, keys, reply }) => ({
            atUs: Number(atNs / 1000n),
            connection,
            command,
            args,
            keys,
            ...(reply && { reply }),
          })),
        fault: fault => breakServer('Redis', { tap, server: store.server }, fault),
        async stop() {
          await tap.stop()
          await store.drop()
        },
      }
    },
  }
}
