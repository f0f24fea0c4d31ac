import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import Koa from 'koa'

export function buildApp(db: NodePgDatabase): Koa {
  const app = new Koa()
  const router = new Router()

  router.get('/health', async ctx => {
    await db.execute(sql`select 1`)
    ctx.body = { status: 'ok' }
  })

  // Begin here: `POST /users`, then `GET /users/:id`. A file for each feature, such as users.ts, keeps its
  // routes, its rules and its SQL together.

  // An error handler belongs before everything that can throw: the body parser too.
  app.use(bodyParser())
  app.use(router.routes())
  return app
}
