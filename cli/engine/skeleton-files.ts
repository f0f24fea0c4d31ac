export interface SkeletonNames {
  readonly id: string
  readonly slug: string
  /** The slug without its number: what a learner's folder is called. */
  readonly folder: string
  readonly title: string
}

/** The files of a new project, by path. Its first row is a list that is always empty. */
export function skeletonFiles(names: SkeletonNames): Readonly<Record<string, string>> {
  const { slug } = names
  return {
    [`projects/${slug}/main.ts`]: main,
    [`projects/${slug}/app.ts`]: app,
    [`projects/${slug}/docs/design.md`]: `# Design\n\nWhat the tables are, and why.\n`,
    [`templates/${slug}/BRIEF.md`]: brief(names),
    [`templates/${slug}/bep.yml`]: settings(names),
    [`templates/${slug}/package.json`]: manifest(names),
    [`templates/${slug}/src/main.ts`]: starterMain,
    [`graders/${slug}/rubric.ts`]: rubric,
    [`graders/${slug}/items.check.ts`]: itemsCheck,
    [`graders/${slug}/design.check.ts`]: designCheck,
    [`graders/${slug}/mutants.ts`]: mutants,
  }
}

const main = `import { pino } from 'pino'
import { z } from 'zod'
import { createPool } from '../shared/postgres.js'
import { serve } from '../shared/serve.js'
import { buildApp } from './app.js'

const config = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535),
    DATABASE_URL: z.string().min(1),
  })
  .parse(process.env)

const logger = pino()
const pool = createPool(config.DATABASE_URL, logger)
await serve(buildApp({ logger }), { port: config.PORT, logger, close: () => pool.end() })
`

const app = `import Router from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import { databaseErrors } from '../shared/postgres.js'
import { noRoute, problemDetails } from '../shared/problem-details.js'
import { requestLog } from '../shared/request-log.js'

export function buildApp({ logger }: { readonly logger: Logger }): Koa {
  const router = new Router()
  router.get('/health', ctx => {
    ctx.body = { status: 'ok' }
  })
  router.get('/items', ctx => {
    ctx.body = { items: [], nextCursor: null }
  })

  const app = new Koa()
  // In this order: each handles what the ones below it throw.
  app.use(requestLog(logger))
  app.use(problemDetails(logger))
  app.use(databaseErrors)
  app.use(router.routes())
  app.use(noRoute(router))
  return app
}
`

const brief = ({ title }: SkeletonNames) => `# ${title}

What is built here, and for whom. Any language and any framework will do; everything that the grader relies
on is a sentence on this page.

## How your server is run

| | |
|---|---|
| \`bep.yml\` | names the commands that install, build and start your server |
| \`PORT\` | listen on this port of 127.0.0.1 |
| \`DATABASE_URL\` | an empty Postgres database that is yours; create your tables when you start |
| ready | \`GET /health\` answers 200 within 30 seconds |
| stop | on SIGTERM, finish the requests in flight and exit within 10 seconds |

## items · List items · 80 points

- \`GET /items\` answers 200 with \`{ "items": [], "nextCursor": null }\` while there are none.

## design · Design document · 20 points

- \`docs/design.md\` is a Markdown document with a heading.
`

const settings = ({ id }: SkeletonNames) => `project: ${id}
install: npm install --no-audit --no-fund
start: node --import tsx src/main.ts
`

const manifest = ({ folder }: SkeletonNames) =>
  `${JSON.stringify(
    {
      name: folder,
      version: '0.0.0',
      private: true,
      type: 'module',
      scripts: { start: 'node --import tsx src/main.ts' },
      dependencies: { koa: '3.3.0', tsx: '4.23.15' },
      devDependencies: { '@types/koa': '3.0.3', '@types/node': '20.19.43', typescript: '6.0.3' },
      allowScripts: { esbuild: false },
    },
    null,
    2,
  )}\n`

const starterMain = `import { createServer } from 'node:http'
import Koa from 'koa'

const app = new Koa()
app.use(ctx => {
  if (ctx.path === '/health') ctx.body = { status: 'ok' }
})

const server = createServer(app.callback())
server.listen(Number(process.env.PORT ?? '3000'), '127.0.0.1')
process.once('SIGTERM', () => server.close())
`

const rubric = `import { checksFor } from '../kit/check.js'
import { defineRubric } from '../kit/rubric.js'

export const rubric = defineRubric([
  { id: 'items', title: 'List items', points: 80, kind: 'behaviour' },
  { id: 'design', title: 'Design document', points: 20, kind: 'docs' },
])

export const check = checksFor(rubric)
`

const itemsCheck = `import { expect } from 'vitest'
import { check } from './rubric.js'

check(
  'a list without items is empty',
  {
    row: 'items',
    brief: '\`GET /items\` answers 200 with \`{ "items": [], "nextCursor": null }\` while there are none.',
    hints: [
      'What does a list look like that has nothing in it?',
      'An object with an empty array, and null for the cursor.',
    ],
  },
  async ({ api }) => {
    const answer = await api.get('/items')
    expect(answer).toHaveStatus(200)
    expect(answer.body, 'the list').toEqual({ items: [], nextCursor: null })
  },
)
`

const designCheck = `import { expect } from 'vitest'
import { check } from './rubric.js'

check(
  'the design document has a heading',
  {
    row: 'design',
    brief: '\`docs/design.md\` is a Markdown document with a heading.',
    hints: ['A heading of Markdown begins with #.'],
  },
  async ({ readDocument }) => {
    expect(await readDocument('docs/design.md'), 'docs/design.md').toMatch(/^# \\S/m)
  },
)
`

const mutants = `import { defineMutants } from '../kit/rubric.js'
import { rubric } from './rubric.js'

export const mutants = defineMutants(rubric, [])
`
