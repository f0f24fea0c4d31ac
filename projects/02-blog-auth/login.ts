import type { RouterInstance } from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody } from '../shared/parsing.js'
import type { AccessTokens } from './access-tokens.js'
import type { Db } from './database.js'
import { text } from './fields.js'
import { unauthorized } from './guards.js'
import { hashPassword, newPassword, passwordFits } from './passwords.js'
import { endFamily, rotate, startFamily } from './refresh-tokens.js'
import { SESSION_LIFETIME_S, type Sessions } from './sessions.js'
import type { User, UserStore } from './user-store.js'

const email = z.string().max(254).regex(z.regexes.email, 'must be an e-mail address')
const registration = z.strictObject({ name: text(100), email, password: newPassword })
// What is no address belongs to nobody, like an address that nobody registered.
const credentials = z.strictObject({ email: z.string().pipe(email.catch('')), password: z.string() })
const refresh = z.strictObject({ refreshToken: z.string() })

interface Deps {
  readonly db: Db
  readonly users: UserStore
  readonly tokens: AccessTokens
  readonly sessions: Sessions
}

export function routeLogin(router: RouterInstance, { db, users, tokens, sessions }: Deps): void {
  router.post('/auth/register', jsonBody, async ctx => {
    const { password, ...user } = parseBody(registration, ctx.request.body)
    ctx.body = await users.create({ ...user, passwordHash: await hashPassword(password) })
    ctx.status = 201
  })

  router.post('/auth/login', jsonBody, async ctx => {
    const { id } = await authenticate(ctx.request.body)
    await answerTokens(ctx, { userId: id, token: await startFamily(db, id) })
  })

  router.post('/auth/refresh', jsonBody, async ctx => {
    const rotated = await rotate(db, parseBody(refresh, ctx.request.body).refreshToken)
    if (!rotated) throw unauthorized()
    await answerTokens(ctx, rotated)
  })

  router.post('/auth/logout', jsonBody, async ctx => {
    await endFamily(db, parseBody(refresh, ctx.request.body).refreshToken)
    ctx.status = 204
  })

  router.post('/session', jsonBody, async ctx => {
    const user = await authenticate(ctx.request.body)
    await endSession(ctx)
    setCookie(ctx, await sessions.start(user.id))
    ctx.body = user
  })

  router.delete('/session', async ctx => {
    await endSession(ctx)
    setCookie(ctx, null)
    ctx.status = 204
  })

  async function authenticate(body: unknown): Promise<User> {
    const { email, password } = parseBody(credentials, body)
    const login = await users.findLogin(email)
    const fits = await passwordFits(password, login?.passwordHash)
    if (!login || !fits) throw unauthorized()
    const { passwordHash, ...user } = login
    return user
  }

  async function answerTokens(ctx: Context, { userId, token }: { userId: string; token: string }) {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = {
      accessToken: await tokens.issue(userId),
      refreshToken: token,
      tokenType: 'Bearer',
      expiresIn: tokens.lifetimeS,
    }
  }

  async function endSession(ctx: Context) {
    const sid = ctx.cookies.get('sid')
    if (sid) await sessions.end(sid)
  }
}

function setCookie(ctx: Context, sid: string | null): void {
  // TLS ends at the proxy in front, so this connection does not look secure.
  ctx.cookies.secure = true
  ctx.cookies.set('sid', sid, {
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    ...(sid && { maxAge: SESSION_LIFETIME_S * 1000 }),
  })
}
