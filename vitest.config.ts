import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most tests start servers: more at once than this only makes each of them wait.
    maxWorkers: 2,
    retry: 0,
  },
})
