import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { buildApp } from './app.js'

const { DATABASE_URL, REDIS_URL } = process.env
const skip = DATABASE_URL && REDIS_URL ? false : 'DATABASE_URL or REDIS_URL is not set'

test('GET /health answers 200', { skip }, async t => {
  const pool = new Pool({ connectionString: DATABASE_URL })
  const redis = new Redis(REDIS_URL as string)
  const app = buildApp({ pool, redis, jwtSecret: 'a secret of at least 32 characters' })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    redis.disconnect()
    await pool.end()
  })
  await once(server, 'listening')

  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/health`)

  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok' })
})
