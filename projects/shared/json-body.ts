import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import { Problem } from './problem-details.js'

const LIMIT_BYTES = 102_400

const parse = bodyParser({
  enableTypes: ['json'],
  jsonLimit: LIMIT_BYTES,
  // Strict parsing would read an empty body as an empty object.
  jsonStrict: false,
  onError(error, ctx) {
    // Unread bytes would block the connection for the client's next request.
    ctx.req.unpipe().resume()
    const status = 'status' in error && typeof error.status === 'number' ? error.status : 400
    throw new Problem(status, { detail: status === 413 ? `At most ${LIMIT_BYTES} bytes.` : 'No valid JSON.' })
  },
})

/**
 * Parses `ctx.request.body` into an object, for a route that needs one: what is not `application/json` is a
 * 415, too much of it a 413, and what is not a JSON object a 400.
 */
export const jsonBody: Middleware = async (ctx, next) => {
  if (ctx.request.type !== 'application/json') {
    throw new Problem(415, { detail: 'Send Content-Type: application/json.' })
  }
  await parse(ctx, async () => {})
  const { body } = ctx.request
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem(400, { detail: 'Send a JSON object.' })
  }
  await next()
}
