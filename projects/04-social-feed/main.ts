import { z } from 'zod'
import { migrateToLatest } from '../shared/migrate.js'
import { createPool } from '../shared/postgres.js'
import { connectRedis } from '../shared/redis.js'
import { createBufferedLogger } from '../shared/request-log.js'
import { serve } from '../shared/serve.js'
import { buildApp } from './app.js'
import { openCache } from './cache.js'
import { openDatabase } from './database.js'
import { migrations } from './migrations/index.js'

const config = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535),
    DATABASE_URL: z.string().min(1),
    REDIS_URL: z.string().min(1),
  })
  .parse(process.env)

const logger = createBufferedLogger()
await migrateToLatest(config.DATABASE_URL, migrations)

const pool = createPool(config.DATABASE_URL, logger)
const redis = await connectRedis(config.REDIS_URL, logger)
const app = buildApp({ db: openDatabase(pool), cache: openCache(redis, logger), logger })
await serve(app, {
  port: config.PORT,
  logger,
  async close() {
    redis.disconnect()
    await pool.end()
  },
})
