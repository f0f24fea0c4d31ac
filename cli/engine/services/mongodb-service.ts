import { MongoClient } from 'mongodb'
import { BepError } from '../../../fixtures/bep-error.js'
import { startMongoTap } from '../../../fixtures/services/op-msg-wire.js'
import { breakTap, type ServiceStartOptions, type StartedService, seenIn } from './service.js'

const LIMIT_MS = 5_000

/** MongoDB: each app gets a database of its own. */
export async function startMongodbService({
  run,
  durable,
  externalUrl,
}: ServiceStartOptions): Promise<StartedService<'mongodb'>> {
  if (externalUrl === undefined) {
    throw new BepError('MONGODB_URL_MISSING', 'there is no MongoDB server to use', {
      fix: 'Set MONGODB_URL, such as mongodb://127.0.0.1:27017/',
    })
  }
  const client = await new MongoClient(externalUrl, {
    directConnection: true,
    serverSelectionTimeoutMS: LIMIT_MS,
  })
    .connect()
    .catch((cause: unknown) => {
      throw new BepError('MONGODB_UNREACHABLE', `no MongoDB answers at ${externalUrl}`, {
        fix: 'Start it, or correct MONGODB_URL',
        cause,
      })
    })
  const { version } = (await client.db('admin').command({ buildInfo: 1 })) as { version: string }
  let opened = 0
  return {
    origin: `external ${version}`,
    onExit: () => {},
    stop: () => client.close(),
    async open(name = `bep_${run.id}_${++opened}`) {
      const direct = new URL(externalUrl)
      direct.pathname = `/${name}`
      direct.searchParams.set('directConnection', 'true')
      const tap = await startMongoTap({ host: direct.hostname, port: Number(direct.port || 27_017) })
      return {
        env: { MONGODB_URL: tap.url(direct.href) },
        url: direct.href,
        adminUrl: direct.href,
        seen: window =>
          seenIn(tap, window).map(({ atNs, connection, command, collection, body }) => ({
            atUs: Number(atNs / 1000n),
            connection,
            command,
            ...(collection !== undefined && { collection }),
            body,
          })),
        fault: async fault =>
          (await breakTap(tap, fault))
            ? {}
            : { impossible: `bep does not ${fault.kind} an external MongoDB server` },
        async stop() {
          await tap.stop()
          if (durable === undefined) await client.db(name).dropDatabase()
        },
      }
    },
  }
}
