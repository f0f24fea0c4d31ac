import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { buildApp } from './app.js'

const { DATABASE_URL } = process.env

test('GET /health answers 200', { skip: DATABASE_URL ? false : 'DATABASE_URL is not set' }, async t => {
  const pool = new Pool({ connectionString: DATABASE_URL })
  const server = createServer(buildApp(drizzle(pool)).callback()).listen(0, '127.0.0.1')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await pool.end()
  })
  await once(server, 'listening')

  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/health`)

  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok' })
})
