import Router from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import { databaseErrors } from '../shared/postgres.js'
import { noRoute, problemDetails } from '../shared/problem-details.js'
import { requestLog } from '../shared/request-log.js'
import { routeActivity } from './activity.js'
import type { Cache } from './cache.js'
import { routeComments } from './comments.js'
import type { Database } from './database.js'
import { routeFeed } from './feed.js'
import { routeFollows } from './follows.js'
import { routeLikes } from './likes.js'
import { routePosts } from './posts.js'
import { routeUsers } from './users.js'

export interface Deps {
  readonly db: Database
  readonly cache: Cache
}

export function buildApp({ logger, ...deps }: Deps & { readonly logger: Logger }): Koa {
  const router = new Router({ strict: true, sensitive: true })
  router.get('/health', ctx => {
    ctx.body = { status: 'ok' }
  })
  routeUsers(router, deps)
  routeFollows(router, deps)
  routePosts(router, deps)
  routeLikes(router, deps)
  routeComments(router, deps)
  routeFeed(router, deps)
  routeActivity(router, deps)

  const app = new Koa()
  // In this order: each handles what the ones below it throw.
  app.use(requestLog(logger))
  app.use(problemDetails(logger))
  app.use(databaseErrors)
  app.use(router.routes())
  app.use(noRoute(router))
  return app
}
