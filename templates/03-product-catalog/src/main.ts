import { once } from 'node:events'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { buildApp } from './app.js'

const { PORT = '3000', MONGODB_URL, REDIS_URL } = process.env
if (!MONGODB_URL) throw new Error('MONGODB_URL is not set: it is the URL of a MongoDB database')
if (!REDIS_URL) throw new Error('REDIS_URL is not set: it is the URL of a Redis server')

const mongo = new MongoClient(MONGODB_URL)
const redis = new Redis(REDIS_URL)
// The connection may break; without a listener every attempt to connect again would be printed.
redis.on('error', error => console.error(error.message))

// Your indexes: create them here, before the server listens.

const server = createServer(buildApp({ db: mongo.db(), redis }).callback())
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
    void mongo.close()
  })
}
