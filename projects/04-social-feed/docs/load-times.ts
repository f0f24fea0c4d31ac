import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import { pino } from 'pino'
import { z } from 'zod'
import { migrateToLatest } from '../../shared/migrate.js'
import { createPool } from '../../shared/postgres.js'
import { connectRedis } from '../../shared/redis.js'
import { uuidv7 } from '../../shared/uuid.js'
import { buildApp } from '../app.js'
import { type Cache, openCache } from '../cache.js'
import { type Database, openDatabase } from '../database.js'
import { migrations } from '../migrations/index.js'

// Measures the first page of a feed with `openCache` and without, and prints docs/load-times.md.

const REQUESTS = 300
const AUTHORS = 200
const POSTS_EACH = 100

const config = z.object({ DATABASE_URL: z.string().min(1), REDIS_URL: z.string().min(1) }).parse(process.env)
const logger = pino({ level: 'silent' })
await migrateToLatest(config.DATABASE_URL, migrations)
const pool = createPool(config.DATABASE_URL, logger)
const redis = await connectRedis(config.REDIS_URL, logger)
const db = openDatabase(pool)
const statements = countStatements(pool)
const reader = await seed(db)

const noCache: Cache = { attempt: async () => undefined, lease: async () => undefined, drop: async () => {} }
const cache = openCache(redis, logger)
const rows = [
  await measure('no cache', noCache, async () => {}),
  await measure('cold', cache, () => redis.flushdb()),
  await measure('warm', cache, async () => {}),
]
console.log(`# Load times

The first page of a feed: 20 posts of a reader who follows ${AUTHORS} users with ${POSTS_EACH} posts each. ${REQUESTS} requests of each kind,
one after the other, to a server in the same process; Postgres and Redis on the same machine.

| Page | p50 ms | p99 ms | SQL statements |
|---|---|---|---|
${rows.join('\n')}

\`no cache\` is the server without Redis, \`cold\` with Redis emptied before each request, \`warm\` with the page read before.

Measure again, with \`DATABASE_URL\` and \`REDIS_URL\` naming empty databases:

\`\`\`sh
node dist/projects/04-social-feed/docs/load-times.js > projects/04-social-feed/docs/load-times.md
\`\`\``)
redis.disconnect()
await pool.end()

async function measure(page: string, cache: Cache, prepare: () => Promise<unknown>): Promise<string> {
  const server = createServer(buildApp({ db, cache, logger }).callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/users/${reader}/feed`
  const times: number[] = []
  let taken = 0
  for (let n = -50; n < REQUESTS; n++) {
    await prepare()
    const [before, startedAt] = [statements(), performance.now()]
    await (await fetch(url)).text()
    // The first ones warm up the server.
    if (n >= 0) times.push(performance.now() - startedAt)
    taken = statements() - before
  }
  server.closeAllConnections()
  server.close()
  times.sort((a, b) => a - b)
  const quantile = (share: number) => times[Math.ceil(share * REQUESTS) - 1]?.toFixed(2)
  return `| ${page} | ${quantile(0.5)} | ${quantile(0.99)} | ${taken} |`
}

function countStatements(pool: Pool): () => number {
  let count = 0
  pool.on('connect', client => {
    const query = client.query.bind(client)
    client.query = ((...args: Parameters<typeof query>) => {
      count += 1
      return query(...args)
    }) as typeof client.query
  })
  return () => count
}

async function seed(db: Database): Promise<string> {
  const [reader = '', ...authors] = Array.from({ length: AUTHORS + 1 }, uuidv7)
  await db
    .insertInto('users')
    .values([reader, ...authors].map(id => ({ id, name: 'Ada' })))
    .execute()
  await db
    .insertInto('follows')
    .values(authors.map(followeeId => ({ followerId: reader, followeeId })))
    .execute()
  for (const userId of authors) {
    const posts = Array.from({ length: POSTS_EACH }, () => ({ id: uuidv7(), userId, text: 'Hello' }))
    await db.insertInto('posts').values(posts).execute()
  }
  return reader
}
