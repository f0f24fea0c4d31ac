import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import type { Stores } from '../app.js'
import type { Database } from './database.js'
import { kyselyTaskStore } from './task-store.js'
import { kyselyUserStore } from './user-store.js'

export function kyselyStores(pool: Pool): Stores {
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin()],
  })
  return { users: kyselyUserStore(db), tasks: kyselyTaskStore(db) }
}
