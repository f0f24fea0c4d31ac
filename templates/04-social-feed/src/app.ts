import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type { Redis } from 'ioredis'
import Koa from 'koa'
import { type Kysely, sql } from 'kysely'

/** Your tables and their columns, such as `users: { id: string; name: string }`. */
export type Tables = Record<never, never>

export interface Deps {
  readonly db: Kysely<Tables>
  readonly redis: Redis
}

export function buildApp({ db, redis }: Deps): Koa {
  const app = new Koa()
  const router = new Router()

  router.get('/health', async ctx => {
    await sql`select 1`.execute(db)
    await redis.ping()
    ctx.body = { status: 'ok' }
  })

  // Begin here: `POST /users`, then `POST /posts` and `GET /posts/:id`. A file for each feature, such as posts.ts,
  // keeps its routes, its rules and its SQL together. Redis comes last: first be right, then be fast.

  // An error handler belongs before everything that can throw: the body parser too.
  app.use(bodyParser())
  app.use(router.routes())
  return app
}
