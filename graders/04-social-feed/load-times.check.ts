import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { readMarkdownTable } from '../kit/markdown-table.js'
import { createPosts, createUsers, follow, pageOf } from './resources.js'
import { check } from './rubric.js'

const pages = ['no cache', 'cold', 'warm'] as const

interface Row {
  readonly p50: number
  readonly p99: number
  readonly statements: number
}

async function readTable({
  readDocument,
}: CheckContext): Promise<Readonly<Record<(typeof pages)[number], Row>>> {
  const head = ['Page', 'p50 ms', 'p99 ms', 'SQL statements']
  const rows = readMarkdownTable(await readDocument('docs/load-times.md'), head)
  expect(rows, `the table with the columns ${head.join(', ')}`).toBeDefined()
  const row = (page: string): Row => {
    const found = rows?.find(([name]) => name?.toLowerCase() === page)
    expect(found, `the row \`${page}\``).toBeDefined()
    const [p50 = Number.NaN, p99 = Number.NaN, statements = Number.NaN] = (found ?? []).slice(1).map(Number)
    return { p50, p99, statements }
  }
  return { 'no cache': row('no cache'), cold: row('cold'), warm: row('warm') }
}

check(
  'the times are there and make sense',
  {
    row: 'load-times',
    brief:
      'The times are positive numbers that you measured, `p50 ms` at most `p99 ms`, and `warm` has the smallest `p50 ms`.',
    hints: [
      'Which page should be the fastest?',
      'Measure each kind of page a few hundred times, one after the other.',
    ],
  },
  async context => {
    const table = await readTable(context)
    for (const page of pages) {
      const { p50, p99 } = table[page]
      expect(p50, `p50 ms of ${page}`).toBeGreaterThan(0)
      expect(p99, `p99 ms of ${page}`).toBeGreaterThanOrEqual(p50)
    }
    expect(table.warm.p50, 'p50 ms of warm').toBeLessThan(Math.min(table['no cache'].p50, table.cold.p50))
  },
)

check(
  'the numbers of statements are those that the grader counts',
  {
    row: 'load-times',
    brief: '`SQL statements` is the number that one such request takes; the grader counts them itself.',
    hints: [
      'Have you counted, or guessed?',
      'Let Postgres log the statements of one request without Redis, one after FLUSHALL, and one more.',
    ],
  },
  async context => {
    const { api, redis, faults, statementsOf } = context
    const table = await readTable(context)
    const [reader = '', author = ''] = (await createUsers(context, 2)).map(({ id }) => id)
    await follow(api, reader, author)
    await createPosts(api, author, 22)
    const readFeed = () => api.get(`/users/${reader}/feed`)
    const count = async () => {
      const answer = await readFeed()
      pageOf(answer)
      return (await statementsOf(answer)).length
    }
    await count()
    await redis.flushall()
    expect(table.cold.statements, 'SQL statements of `cold` in the table').toBe(await count())
    expect(table.warm.statements, 'SQL statements of `warm` in the table').toBe(await count())
    await faults.redis.down()
    await readFeed()
    // Whether the feed is answered without Redis is another row's business.
    const answer = await readFeed()
    if (answer.status !== 200) return
    const uncached = (await statementsOf(answer)).length
    expect(table['no cache'].statements, 'SQL statements of `no cache` in the table').toBe(uncached)
  },
)

check(
  'one command measures again',
  {
    row: 'load-times',
    brief:
      'A code block marked `sh` has one line: the command that measures again. The grader does not run it.',
    hints: [
      'How would a colleague get these figures?',
      'One script that makes the data, measures and prints the table.',
    ],
  },
  async ({ readDocument }) => {
    const text = await readDocument('docs/load-times.md')
    const commands = [...text.matchAll(/^```sh\s*\n([\s\S]*?)^```/gm)].map(([, body = '']) => body.trim())
    expect(commands.length, 'code blocks marked `sh`').toBe(1)
    expect(commands[0]?.split('\n').length, 'lines of the command').toBe(1)
    expect(commands[0], 'the command').not.toBe('')
  },
)
