import { z } from 'zod'
import { createMongoClient } from '../shared/mongodb.js'
import { connectRedis } from '../shared/redis.js'
import { createBufferedLogger } from '../shared/request-log.js'
import { serve } from '../shared/serve.js'
import { buildApp } from './app.js'
import { createCache } from './cache.js'
import { openDatabase } from './database.js'

const config = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535),
    MONGODB_URL: z.string().min(1),
    REDIS_URL: z.string().min(1),
  })
  .parse(process.env)

const logger = createBufferedLogger()
const mongo = createMongoClient(config.MONGODB_URL)
const database = await openDatabase(mongo.db())
const redis = await connectRedis(config.REDIS_URL, logger)

const app = buildApp({ ...database, cache: createCache(redis, logger), logger })
await serve(app, {
  port: config.PORT,
  logger,
  async close() {
    redis.disconnect()
    await mongo.close()
  },
})
