import { STATUS_CODES } from 'node:http'
import type { RouterInstance } from '@koa/router'
import type { Middleware } from 'koa'
import type { Logger } from 'pino'

/** A field of a body, or a query parameter, and what is wrong with it. */
export interface BadField {
  readonly field: string
  readonly message: string
}

interface ProblemOptions {
  /** Text for the client; never anything from inside the server. */
  readonly detail?: string
  readonly errors?: readonly BadField[]
  readonly headers?: Readonly<Record<string, string>>
  /** What happened inside: logged, never sent. */
  readonly cause?: unknown
}

/** Throw it anywhere below `problemDetails` to answer with this status and a problem document (RFC 9457). */
export class Problem extends Error {
  readonly errors
  readonly headers

  constructor(
    readonly status: number,
    { detail, errors, headers = {}, cause }: ProblemOptions = {},
  ) {
    super(detail, { cause })
    this.errors = errors
    this.headers = headers
  }

  toJSON() {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status],
      status: this.status,
      detail: this.message || undefined,
      errors: this.errors,
    }
  }
}

/**
 * Turns whatever is thrown further down into a problem document. Use it before all other middleware, or
 * their errors escape it. What is not a `Problem` becomes a 500 that tells the client nothing; the log has
 * its first cause, without the wrappers of query builders, which quote the statement and its parameters.
 */
export function problemDetails(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, { cause: error })
      if (problem.status >= 500) logger.error({ err: firstCause(problem) }, 'request failed')
      ctx.status = problem.status
      ctx.set(problem.headers)
      ctx.body = problem.toJSON()
      ctx.type = 'application/problem+json'
    }
  }
}

/** Answers what no route of `router` took: 405 with `Allow` on a known path, otherwise 404. Use it last. */
export function noRoute(router: RouterInstance): Middleware {
  return ctx => {
    const methods = new Set(router.match(ctx.path, ctx.method).path.flatMap(route => route.methods))
    throw methods.size > 0
      ? new Problem(405, { headers: { Allow: [...methods].join(', ') } })
      : new Problem(404)
  }
}

/** What was looked up, or a 404 if that is `undefined` or false. */
export function found<Value>(value: Value | undefined | false): Value {
  if (value === undefined || value === false) throw new Problem(404)
  return value
}

function firstCause(error: Error): Error {
  return error.cause instanceof Error ? firstCause(error.cause) : error
}
