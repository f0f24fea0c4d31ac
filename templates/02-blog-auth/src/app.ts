import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type { Redis } from 'ioredis'
import Koa from 'koa'
import type { Pool } from 'pg'

interface Deps {
  readonly pool: Pool
  readonly redis: Redis
  /** The key of your access tokens. */
  readonly jwtSecret: string
}

export function buildApp({ pool }: Deps): Koa {
  const app = new Koa()
  const router = new Router()

  router.get('/health', async ctx => {
    await pool.query('select 1')
    ctx.body = { status: 'ok' }
  })

  // Begin here: `POST /auth/register`, then `POST /auth/login`. A file for each feature, such as
  // refresh-tokens.ts, keeps its routes, its rules and its SQL together.

  // An error handler belongs before everything that can throw: the body parser too.
  app.use(bodyParser())
  app.use(router.routes())
  return app
}
