import { rm } from 'node:fs/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { watchDatabase } from '../../../../cli/engine/isolation/database-watch.js'
import { startServices } from '../../../../cli/engine/stack.js'
import { openRun } from '../../../../fixtures/run.js'
import { catalog } from '../../../../projects/catalog.js'
import { makeHome } from '../../../fixtures/temporary-home.js'

test('an app that fills its database is shut out of it, and its neighbour is not', async () => {
  const home = await makeHome()
  const run = await openRun(home)
  const services = await startServices(catalog[0], { home, run, provider: 'local' })
  const [greedy, neighbour] = [await services.openStack(), await services.openStack()]
  const { postgres: url = '' } = greedy.urls
  const unwatch = await watchDatabase(greedy.adminUrls.postgres ?? '', url)
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  await client.connect()
  await client.query('create table bomb (filling text)')
  await client.query('alter table bomb alter column filling set storage external')
  const fill = async () => {
    for (let n = 0; n < 80; n++) {
      await client.query("insert into bomb select repeat('x', 1000000) from generate_series(1, 25)")
    }
  }
  // What the client sees of it depends on what it was doing.
  await expect(fill()).rejects.toThrow(/terminat|ECONNRESET|EPIPE/)
  await expect(new pg.Client(url).connect()).rejects.toThrow(/too many connections for role/)
  const other = new pg.Client(neighbour.urls.postgres)
  await other.connect()
  await other.end()
  await unwatch()
  for (const stack of [greedy, neighbour]) await stack.stop()
  await services.stop()
  await run.close()
  await rm(home, { recursive: true, force: true })
})
