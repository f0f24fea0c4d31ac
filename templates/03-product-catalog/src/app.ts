import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type { Redis } from 'ioredis'
import Koa from 'koa'
import type { Db } from 'mongodb'

interface Deps {
  readonly db: Db
  readonly redis: Redis
}

export function buildApp({ db, redis }: Deps): Koa {
  const app = new Koa()
  const router = new Router()

  router.get('/health', async ctx => {
    await db.command({ ping: 1 })
    await redis.ping()
    ctx.body = { status: 'ok' }
  })

  // Begin here: `POST /categories`, then `POST /products` and `GET /products/:id`. A file for each feature, such
  // as products.ts, keeps its routes, its rules and its queries together.

  // An error handler belongs before everything that can throw: the body parser too.
  app.use(bodyParser())
  app.use(router.routes())
  return app
}
