import { expect } from 'vitest'
import { codeBlocks } from '../kit/code-blocks.js'
import { monotonicUs } from '../kit/exchange.js'
import { readMarkdownTable } from '../kit/markdown-table.js'
import { check } from './rubric.js'
import { mongoCommandsDuring, redisCommandsDuring } from './traffic.js'

const columns = ['Read', 'Requests per second', 'p50 ms', 'p99 ms']
const reads = ['product cached', 'product uncached', 'facets cached', 'facets uncached']
const commandLimitMs = 30_000

/** Holds a table against the form that the brief asks for. */
function expectReport(markdown: string, where: string): void {
  const rows = readMarkdownTable(markdown, columns)
  expect(rows, `a table with the columns ${columns.join(', ')} in ${where}`).toBeDefined()
  expect((rows ?? []).map(([read]) => read).sort(), `rows of the table in ${where}`).toEqual(
    [...reads].sort(),
  )
  for (const [read, ...figures] of rows ?? []) {
    const [rate = Number.NaN, p50 = Number.NaN, p99 = Number.NaN] = figures.map(figure =>
      Number(figure.replaceAll(',', '')),
    )
    expect(Math.min(rate, p50, p99), `the smallest figure of "${read}" in ${where}`).toBeGreaterThan(0)
    expect(p50, `p50 of "${read}" in ${where}, against its p99`).toBeLessThanOrEqual(p99)
  }
}

check(
  'the report has its table',
  {
    row: 'benchmarks',
    brief: '`docs/benchmarks.md` has a table with the columns',
    hints: ['Which reads did you measure?', 'Run the command of your report and paste what it prints.'],
  },
  async ({ readDocument }) => {
    expectReport(await readDocument('docs/benchmarks.md'), 'docs/benchmarks.md')
  },
)

check(
  'the command of the report measures and prints such a table',
  {
    row: 'benchmarks',
    brief:
      "Run in your folder with the server's address in `APP_URL`, it ends with exit code 0 within 30 seconds and prints such a table.",
    hints: [
      'Can somebody else make your numbers again, with one command?',
      'A script that creates a product, reads it many times with and without cache=off, and prints the table.',
    ],
    timeoutMs: commandLimitMs + 10_000,
  },
  async context => {
    const commands = codeBlocks(await context.readDocument('docs/benchmarks.md'), 'sh')
    expect(commands.length, 'code blocks marked sh in docs/benchmarks.md').toBe(1)
    const command = (commands[0] ?? '').trim()
    const startedAtUs = monotonicUs()
    const run = await context.runCommand({ command, limitMs: commandLimitMs })
    const during = [{ exchange: { startedAtUs, endedAtUs: monotonicUs() } }]
    expect(run.failure, `why \`${command}\` failed, if it did`).toBeUndefined()
    expectReport(run.stdout, `the output of \`${command}\``)
    for (const [service, seen] of [
      ['MongoDB', await mongoCommandsDuring(context, during)],
      ['Redis', await redisCommandsDuring(context, during)],
    ] as const) {
      expect(seen.length, `${service} commands while \`${command}\` ran`).toBeGreaterThanOrEqual(50)
    }
  },
)
