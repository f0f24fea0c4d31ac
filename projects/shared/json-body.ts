import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import { Problem } from './problem-details.js'

const LIMIT_BYTES = 102_400

const readText = bodyParser({
  enableTypes: ['text'],
  extendTypes: { text: ['application/json'] },
  textLimit: LIMIT_BYTES,
  onError(error, ctx) {
    // Unread bytes would keep the connection from the client's next request.
    ctx.req.unpipe().resume()
    const status = 'status' in error && typeof error.status === 'number' ? error.status : 400
    throw new Problem(status, status === 413 ? { detail: `At most ${LIMIT_BYTES} bytes.` } : {})
  },
})

/**
 * Parses `ctx.request.body` into an object, for a route that needs one: what is not `application/json` is a
 * 415, too much of it a 413, and what is not a JSON object a 400.
 */
export const jsonBody: Middleware = async (ctx, next) => {
  await readText(ctx, async () => {})
  if (typeof ctx.request.body !== 'string') {
    throw new Problem(415, { detail: 'Send Content-Type: application/json.' })
  }
  ctx.request.body = parseObject(ctx.request.body)
  await next()
}

// The parser's own JSON takes an empty body for {}, and a member called __proto__ for malformed.
function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {}
  throw new Problem(400, { detail: 'Send a JSON object.' })
}
