import Router from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import { databaseErrors } from '../shared/postgres.js'
import { noRoute, problemDetails } from '../shared/problem-details.js'
import { requestLog } from '../shared/request-log.js'
import { openapi } from './openapi.js'
import type { TaskStore } from './task-store.js'
import { routeTasks } from './tasks.js'
import type { UserStore } from './user-store.js'
import { routeUsers } from './users.js'

export interface Stores {
  readonly users: UserStore
  readonly tasks: TaskStore
}

interface Deps extends Stores {
  readonly logger: Logger
}

export function buildApp({ users, tasks, logger }: Deps): Koa {
  const router = new Router({ strict: true, sensitive: true })
  router.get('/health', ctx => {
    ctx.body = { status: 'ok' }
  })
  router.get('/openapi.json', ctx => {
    ctx.body = openapi
  })
  routeUsers(router, users)
  routeTasks(router, { tasks, users })

  const app = new Koa()
  // In this order: each handles what the ones below it throw.
  app.use(requestLog(logger))
  app.use(problemDetails(logger))
  app.use(databaseErrors)
  app.use(router.routes())
  app.use(noRoute(router))
  return app
}
