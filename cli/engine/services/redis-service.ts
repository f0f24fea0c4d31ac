import { type ServerFaults, startRedis } from '../../../fixtures/services/redis.js'
import { type RedisTap, startRedisTap } from '../../../fixtures/services/resp-wire.js'
import type { Fault } from '../../../graders/kit/stack-control.js'
import { breakTap, type ServiceStartOptions, type StartedService, seenIn } from './service.js'

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
        fault: fault => breakRedis(tap, store.server, fault),
        async stop() {
          await tap.stop()
          await store.drop()
        },
      }
    },
  }
}

async function breakRedis(
  tap: RedisTap,
  server: ServerFaults | undefined,
  fault: Fault,
): Promise<{ readonly impossible?: string }> {
  if (fault.kind === 'pause' || fault.kind === 'kill') {
    if (!server) return { impossible: `bep does not ${fault.kind} an external Redis server` }
    await server[fault.kind]()
    return {}
  }
  if (fault.kind === 'heal') {
    await server?.resume()
    await server?.restart()
  }
  await breakTap(tap, fault)
  return {}
}
