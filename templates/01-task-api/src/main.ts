import { once } from 'node:events'
import { createServer } from 'node:http'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { buildApp } from './app.js'

const { PORT = '3000', DATABASE_URL } = process.env
if (!DATABASE_URL) throw new Error('DATABASE_URL is not set: it is the URL of a Postgres database')

const pool = new Pool({ connectionString: DATABASE_URL })
// An idle connection may break; without a listener the error would end the process.
pool.on('error', error => console.error(error.message))

// Your tables: create them here, before the server listens.

const server = createServer(buildApp(drizzle(pool)).callback())
server.listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
console.log(`listening on http://127.0.0.1:${PORT}`)

process.once('SIGTERM', stop)
process.once('SIGINT', stop)

/** Finishes the requests in flight, then closes the pool; with nothing left to do, Node exits. */
function stop() {
  server.keepAliveTimeout = 1
  server.close(() => void pool.end())
}
