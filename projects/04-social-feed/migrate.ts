import { Kysely, Migrator, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import * as socialFeed from './migrations/0001-social-feed.js'

const migrations = { '0001-social-feed': socialFeed }

/** Brings the schema up to date. Of servers that start together one does it. */
export async function migrate(databaseUrl: string): Promise<void> {
  const db = new Kysely({
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
