import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { explain } from '../kit/explain.js'
import { createComment, createPosts, createUsers, follow, pageOf } from './resources.js'
import { check } from './rubric.js'

const routes = ['GET /users/:id/feed', 'GET /users/:id/posts', 'GET /posts/:id/comments'] as const

interface Section {
  readonly sql: string
  readonly indexes: readonly string[]
}

/** The section of each route, with the indexes that its plan names. */
async function readReport({ readDocument }: CheckContext): Promise<ReadonlyMap<string, Section>> {
  const report = await readDocument('docs/db-report.md')
  const sections = new Map<string, Section>()
  for (const part of report.split(/^## /m).slice(1)) {
    const [heading = '', ...lines] = part.split('\n')
    const block = (language: string) =>
      new RegExp(`^\`\`\`${language}\\s*\\n([\\s\\S]*?)^\`\`\``, 'm').exec(lines.join('\n'))?.[1]?.trim() ??
      ''
    const named = block('text').matchAll(
      /(?:Index (?:Only )?Scan(?: Backward)? using|Bitmap Index Scan on) "?(\w+)/g,
    )
    sections.set(heading.replaceAll('`', '').trim(), {
      sql: block('sql').replace(/;\s*$/, ''),
      indexes: [...new Set([...named].map(([, index = '']) => index))],
    })
  }
  return sections
}

check(
  'the report has a statement and its plan for each route',
  {
    row: 'db-report',
    brief:
      'Each section has a code block marked `sql` with one statement, parameters written `$1`, that the running database can explain; and after it a code block marked `text` with its plan as `EXPLAIN` prints it, which names at least one index.',
    hints: [
      'Run EXPLAIN on the statement that your server sends.',
      'Copy the statement with $1 for each value, and the whole output of EXPLAIN below it.',
    ],
  },
  async context => {
    const sections = await readReport(context)
    for (const route of routes) {
      const section = sections.get(route)
      expect(section, `the section ${route}`).toBeDefined()
      if (!section) continue
      expect(await explain(section.sql), `the plan of the statement of ${route}`).toBeDefined()
      expect(section.indexes.length, `indexes that the plan of ${route} names`).toBeGreaterThan(0)
    }
  },
)

check(
  'every index of the report exists',
  {
    row: 'db-report',
    brief: 'Every index that a plan names exists in the running database.',
    hints: ['Was an index renamed since the report was written?', 'Compare with \\di in psql.'],
  },
  async context => {
    const { sql } = context
    const rows = await sql<{ name: string }>(
      `select indexname as name from pg_indexes where schemaname = 'public'`,
    )
    const existing = rows.map(({ name }) => name)
    for (const [heading, { indexes }] of await readReport(context)) {
      const missing = indexes.filter(index => !existing.includes(index))
      expect(missing, `indexes of the section ${heading} that do not exist`).toEqual([])
    }
  },
)

check(
  'the statements of the running server use the indexes of the report',
  {
    row: 'db-report',
    brief:
      "at least one index of `posts` or `comments` that the section's plan names is used, and no statement reads `posts` or `comments` by a sequential scan.",
    hints: [
      'Which index could find these rows in this order?',
      'One index for each list: the column of the WHERE first, then created_at and the id.',
    ],
  },
  async context => {
    const { api, redis, sql, statementsOf } = context
    const rows = await sql<{ name: string }>(
      `select indexname as name from pg_indexes where tablename in ('posts', 'comments')`,
    )
    const ofLists = new Set(rows.map(({ name }) => name))
    const sections = await readReport(context)
    const [reader = '', author = ''] = (await createUsers(context, 2)).map(({ id }) => id)
    await follow(api, reader, author)
    const [post = ''] = await createPosts(api, author, 3)
    await createComment(api, post, reader)
    const paths = [`/users/${reader}/feed`, `/users/${author}/posts`, `/posts/${post}/comments`]
    for (const [n, route] of routes.entries()) {
      await redis.flushall()
      const answer = await api.get(paths[n] ?? '')
      pageOf(answer)
      const plans = await Promise.all((await statementsOf(answer)).map(({ sql }) => explain(sql)))
      const used = plans.flatMap(plan => plan?.indexes ?? [])
      const reported = (sections.get(route)?.indexes ?? []).filter(index => ofLists.has(index))
      expect(
        reported.some(index => used.includes(index)),
        `whether ${route} uses one of ${reported.join(', ')} (it uses ${used.join(', ')})`,
      ).toBe(true)
      const scanned = plans.flatMap(plan => plan?.sequentialScans ?? [])
      expect(
        scanned.filter(table => table === 'posts' || table === 'comments'),
        `tables that ${route} reads by a sequential scan`,
      ).toEqual([])
    }
  },
)
