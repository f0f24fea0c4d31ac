import type { Middleware } from 'koa'
import type { Logger } from 'pino'

/** Logs one line a request, without its query string and body, which may hold what no log should. */
export function requestLog(logger: Logger): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now()
    await next()
    const ms = Math.round(performance.now() - startedAt)
    logger.info({ method: ctx.method, path: ctx.url.split('?')[0], status: ctx.status, ms }, 'request')
  }
}
