import { startPostgres } from '../../../fixtures/services/postgres.js'
import { startPostgresTap } from '../../../fixtures/services/postgres-wire.js'
import { breakTap, type ServiceStartOptions, type StartedService, seenIn } from './service.js'

/** Postgres: each app gets a database with a role of its own. */
export async function startPostgresService(
  options: ServiceStartOptions,
): Promise<StartedService<'postgres'>> {
  const postgres = await startPostgres(options)
  return {
    origin: `${postgres.provider} ${postgres.version}`,
    onExit: postgres.onExit,
    stop: postgres.stop,
    async open(name, copyOf) {
      const database = await postgres.createDatabase({
        ...(name !== undefined && { name }),
        ...(copyOf !== undefined && { template: decodeURIComponent(new URL(copyOf).pathname.slice(1)) }),
      })
      const direct = new URL(database.url)
      const tap = await startPostgresTap({ host: direct.hostname, port: Number(direct.port || 5432) })
      return {
        env: { DATABASE_URL: tap.url(database.url) },
        url: database.url,
        adminUrl: database.adminUrl,
        seen: window =>
          seenIn(tap, window).map(({ atNs, sql, params, tag, error }) => ({
            atUs: Number(atNs / 1000n),
            sql,
            params,
            ...(tag !== undefined && { tag }),
            ...(error && { error: `${error.code} ${error.message}` }),
          })),
        fault: async fault =>
          (await breakTap(tap, fault))
            ? {}
            : { impossible: `bep breaks the way to Postgres, and cannot ${fault.kind} the server itself` },
        async stop() {
          await tap.stop()
          if (options.durable === undefined) await database.drop()
        },
      }
    },
  }
}
