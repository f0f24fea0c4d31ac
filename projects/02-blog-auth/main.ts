import { pino } from 'pino'
import { z } from 'zod'
import { migrateToLatest } from '../shared/migrate.js'
import { createPool } from '../shared/postgres.js'
import { connectRedis } from '../shared/redis.js'
import { serve } from '../shared/serve.js'
import { buildApp } from './app.js'
import { openDatabase } from './database.js'
import { migrations } from './migrations/index.js'

const config = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535),
    DATABASE_URL: z.string().min(1),
    REDIS_URL: z.string().min(1),
    JWT_SECRET: z.string().min(32, 'must have at least 32 characters'),
  })
  .parse(process.env)

const logger = pino()
await migrateToLatest(config.DATABASE_URL, migrations)

const pool = createPool(config.DATABASE_URL, logger)
const redis = await connectRedis(config.REDIS_URL, logger)
const app = buildApp({ db: openDatabase(pool), redis, jwtSecret: config.JWT_SECRET, logger })
await serve(app, {
  port: config.PORT,
  logger,
  async close() {
    redis.disconnect()
    await pool.end()
  },
})
