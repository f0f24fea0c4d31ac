import { Kysely, type Migration, Migrator, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

/** Brings the schema up to date. Of servers that start together one does it. */
export async function migrateToLatest(
  databaseUrl: string,
  migrations: Record<string, Migration>,
): Promise<void> {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: databaseUrl, max: 1 }) }),
  })
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  } finally {
    await db.destroy()
  }
}
