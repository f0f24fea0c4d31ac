import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { buildApp } from './app.js'

const { MONGODB_URL, REDIS_URL } = process.env
const skip = MONGODB_URL && REDIS_URL ? false : 'MONGODB_URL or REDIS_URL is not set'

test('GET /health answers 200', { skip }, async t => {
  const mongo = new MongoClient(MONGODB_URL ?? '')
  const redis = new Redis(REDIS_URL ?? '')
  const server = createServer(buildApp({ db: mongo.db(), redis }).callback()).listen(0, '127.0.0.1')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    redis.disconnect()
    await mongo.close()
  })
  await once(server, 'listening')

  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/health`)

  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok' })
})
