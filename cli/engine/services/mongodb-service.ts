import { startMongo } from '../../../fixtures/services/mongo.js'
import { startMongoTap } from '../../../fixtures/services/op-msg-wire.js'
import { breakServer, type ServiceStartOptions, type StartedService, seenIn } from './service.js'

/** MongoDB: each app gets a database of its own on one server. */
export async function startMongodbService(options: ServiceStartOptions): Promise<StartedService<'mongodb'>> {
  const mongo = await startMongo(options)
  return {
    origin: `${mongo.provider} ${mongo.version}${mongo.emulated ? ' emulated' : ''}`,
    onExit: mongo.onExit,
    stop: mongo.stop,
    async open(name) {
      const database = await mongo.openDatabase(name === undefined ? {} : { name })
      const direct = new URL(database.url)
      const tap = await startMongoTap({ host: direct.hostname, port: Number(direct.port || 27_017) })
      return {
        env: { MONGODB_URL: tap.url(database.url) },
        url: database.url,
        adminUrl: database.adminUrl,
        seen: window =>
          seenIn(tap, window).map(({ atNs, connection, command, collection, body, reply }) => ({
            atUs: Number(atNs / 1000n),
            connection,
            command,
            ...(collection !== undefined && { collection }),
            body,
            answered: reply !== undefined,
          })),
        fault: fault => breakServer('MongoDB', { tap, server: mongo.server }, fault),
        async stop() {
          await tap.stop()
          if (options.durable === undefined) await database.drop()
        },
      }
    },
  }
}
