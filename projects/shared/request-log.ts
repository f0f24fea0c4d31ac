import type { Middleware } from 'koa'
import { type Logger, pino } from 'pino'

/** Bytes of lines that are written at once. */
const AT_ONCE_BYTES = 4_096
const LATEST_MS = 50

/**
 * A logger to stdout for servers whose answers take less time than writing a line does: under load many lines are
 * written at once. A line waits for 50 ms at most; what waits at exit is written then, and lost only by a SIGKILL.
 */
export function createBufferedLogger(): Logger {
  return pino(pino.destination({ minLength: AT_ONCE_BYTES, periodicFlush: LATEST_MS, sync: false }))
}

/** Logs one line a request, without its query string and body, which may hold what no log should. */
export function requestLog(logger: Logger): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now()
    await next()
    const ms = Math.round(performance.now() - startedAt)
    logger.info({ method: ctx.method, path: ctx.url.split('?')[0], status: ctx.status, ms }, 'request')
  }
}
