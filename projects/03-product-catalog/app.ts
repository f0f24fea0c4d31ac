import Router from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import { mongoErrors } from '../shared/mongodb.js'
import { noRoute, problemDetails } from '../shared/problem-details.js'
import { requestLog } from '../shared/request-log.js'
import type { Cache } from './cache.js'
import { routeCacheComparison } from './cache-comparison.js'
import { createCachedReads } from './cached-reads.js'
import { routeCategories } from './categories.js'
import type { Database } from './database.js'
import { routeFacets } from './facets.js'
import { routeProducts } from './products.js'
import { routePurchases } from './purchases.js'
import { routeSearch } from './search.js'
import { routeTopProducts } from './top-products.js'

export interface Deps extends Database {
  readonly cache: Cache
  readonly logger: Logger
}

export function buildApp(deps: Deps): Koa {
  const reads = createCachedReads(deps.cache)
  const router = new Router({ strict: true, sensitive: true })
  router.get('/health', ctx => {
    ctx.body = { status: 'ok' }
  })
  router.get('/metrics', async ctx => {
    ctx.type = reads.metrics.contentType
    ctx.body = await reads.metrics.metrics()
  })
  routeCategories(router, deps)
  // Before `/products/:id`, which would take their names for ids.
  routeFacets(router, { ...deps, reads })
  routeTopProducts(router, deps)
  routeProducts(router, { ...deps, reads })
  routePurchases(router, deps)
  routeCacheComparison(router, deps)
  routeSearch(router, deps)

  const app = new Koa()
  // In this order: each handles what the ones below it throw.
  app.use(requestLog(deps.logger))
  app.use(problemDetails(deps.logger))
  app.use(mongoErrors)
  app.use(router.routes())
  app.use(noRoute(router))
  return app
}
