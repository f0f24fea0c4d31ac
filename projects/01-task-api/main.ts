import { pino } from 'pino'
import { z } from 'zod'
import { migrateToLatest } from '../shared/migrate.js'
import { createPool } from '../shared/postgres.js'
import { serve } from '../shared/serve.js'
import { buildApp } from './app.js'
import { drizzleStores } from './drizzle/stores.js'
import { kyselyStores } from './kysely/stores.js'
import { migrations } from './migrations/index.js'

const config = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535),
    DATABASE_URL: z.string().min(1),
    DATA_LAYER: z.enum(['kysely', 'drizzle']).default('kysely'),
  })
  .parse(process.env)

const logger = pino()
await migrateToLatest(config.DATABASE_URL, migrations)

const pool = createPool(config.DATABASE_URL, logger)
const stores = { kysely: kyselyStores, drizzle: drizzleStores }[config.DATA_LAYER](pool)
await serve(buildApp({ ...stores, logger }), { port: config.PORT, logger, close: () => pool.end() })
