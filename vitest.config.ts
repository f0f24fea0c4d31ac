import { configDefaults, defineConfig } from 'vitest/config'
import { findOnPath } from './fixtures/services/search-path.js'

// bep installs no server without being asked, and its tests neither: on a machine without Redis they say so.
const hasRedis = findOnPath(['redis-server', 'valkey-server'], process.env.PATH) !== undefined
const needRedis = [
  'tests/fixtures/services/redis-{local,external,tap}.test.ts',
  'tests/cli/engine/stack.test.ts',
  'tests/cli/engine/queue/*.test.ts',
  'tests/cli/commands/worker.test.ts',
]
if (!hasRedis) process.stderr.write(`left out, as no redis-server is on PATH: ${needRedis.join(', ')}\n`)

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(hasRedis ? [] : needRedis)],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most tests start servers: more at once than this only makes each of them wait.
    maxWorkers: 2,
    retry: 0,
  },
})
