import { once } from 'node:events'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { buildApp, type Tables } from './app.js'

const { PORT = '3000', DATABASE_URL, REDIS_URL } = process.env
if (!DATABASE_URL) throw new Error('DATABASE_URL is not set: it is the URL of a Postgres database')
if (!REDIS_URL) throw new Error('REDIS_URL is not set: it is the URL of a Redis database')

const pool = new Pool({ connectionString: DATABASE_URL })
// Connections may break; without listeners the errors would end the process or fill the log.
pool.on('error', error => console.error(error.message))
const redis = new Redis(REDIS_URL)
redis.on('error', error => console.error(error.message))

// Your tables: create them here, before the server listens.

const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
const server = createServer(buildApp({ db, redis }).callback())
server.listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
console.log(`listening on http://127.0.0.1:${PORT}`)

process.once('SIGTERM', stop)
process.once('SIGINT', stop)

/** Finishes the requests in flight, then closes the connections; with nothing left to do, Node exits. */
function stop() {
  server.keepAliveTimeout = 1
  server.close(() => {
    redis.disconnect()
    void pool.end()
  })
}
