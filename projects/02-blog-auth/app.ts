import Router from '@koa/router'
import type { Redis } from 'ioredis'
import Koa from 'koa'
import type { Logger } from 'pino'
import { databaseErrors } from '../shared/postgres.js'
import { noRoute, problemDetails } from '../shared/problem-details.js'
import { requestLog } from '../shared/request-log.js'
import { accessTokens } from './access-tokens.js'
import { commentStore } from './comment-store.js'
import { routeComments } from './comments.js'
import type { Db } from './database.js'
import { guards } from './guards.js'
import { routeLogin } from './login.js'
import { postStore } from './post-store.js'
import { routePosts } from './posts.js'
import { redisSessions } from './sessions.js'
import { userStore } from './user-store.js'
import { routeUsers } from './users.js'

interface Deps {
  readonly db: Db
  readonly redis: Redis
  readonly jwtSecret: string
  readonly logger: Logger
}

export function buildApp({ db, redis, jwtSecret, logger }: Deps): Koa {
  const users = userStore(db)
  const posts = postStore(db)
  const comments = commentStore(db)
  const sessions = redisSessions(redis)
  const tokens = accessTokens(jwtSecret)
  const who = guards({ users, sessions, tokens })

  const router = new Router({ strict: true, sensitive: true })
  router.get('/health', ctx => {
    ctx.body = { status: 'ok' }
  })
  routeLogin(router, { db, users, tokens, sessions })
  routeUsers(router, { users, ...who })
  routePosts(router, { posts, ...who })
  routeComments(router, { comments, posts, ...who })

  const app = new Koa()
  // In this order: each handles what the ones below it throw.
  app.use(requestLog(logger))
  app.use(problemDetails(logger))
  app.use(databaseErrors)
  app.use(router.routes())
  app.use(noRoute(router))
  return app
}
