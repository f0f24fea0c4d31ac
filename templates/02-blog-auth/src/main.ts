import { once } from 'node:events'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { buildApp } from './app.js'

const { PORT = '3000', DATABASE_URL, REDIS_URL, JWT_SECRET } = process.env
if (!DATABASE_URL) throw new Error('DATABASE_URL is not set: it is the URL of a Postgres database')
if (!REDIS_URL) throw new Error('REDIS_URL is not set: it is the URL of a Redis')
if (!JWT_SECRET) throw new Error('JWT_SECRET is not set: it is the key of your tokens, 32 characters or more')

const pool = new Pool({ connectionString: DATABASE_URL })
// An idle connection may break; without a listener the error would end the process.
pool.on('error', error => console.error(error.message))

const redis = new Redis(REDIS_URL)
redis.on('error', error => console.error(error.message))

// Your tables: create them here, before the server listens.

const server = createServer(buildApp({ pool, redis, jwtSecret: JWT_SECRET }).callback())
server.listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
console.log(`listening on http://127.0.0.1:${PORT}`)

process.once('SIGTERM', stop)
process.once('SIGINT', stop)

/** Finishes the requests in flight, then closes the stores; with nothing left to do, Node exits. */
function stop() {
  server.keepAliveTimeout = 1
  server.close(() => {
    redis.disconnect()
    void pool.end()
  })
}
