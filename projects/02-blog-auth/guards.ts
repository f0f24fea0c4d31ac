import type { Context, Middleware } from 'koa'
import { Problem } from '../shared/problem-details.js'
import type { AccessTokens } from './access-tokens.js'
import type { Sessions } from './sessions.js'
import type { User, UserStore } from './user-store.js'

/** State of a request behind `identify`. */
export interface Identified {
  user: User | undefined
}

/** State of a request behind `signedIn`. */
export interface SignedIn {
  user: User
}

export interface Guards {
  /** Finds out who asks, if anyone says so. */
  readonly identify: Middleware<Identified>
  /** Lets in only who is logged in. */
  readonly signedIn: Middleware<SignedIn>
}

interface Deps {
  readonly users: UserStore
  readonly sessions: Sessions
  readonly tokens: AccessTokens
}

export function guards({ users, sessions, tokens }: Deps): Guards {
  // The user is read on every request: a role that was taken away must not live on in a token or session.
  async function findUser(ctx: Context): Promise<User | undefined> {
    const { authorization } = ctx.headers
    if (authorization !== undefined) {
      const id = await tokens.verify(authorization.replace(/^Bearer +/i, ''))
      const user = id === undefined ? undefined : await users.find(id)
      if (!user) throw unauthorized('Bearer error="invalid_token"')
      return user
    }
    const sid = ctx.cookies.get('sid')
    const id = sid ? await sessions.find(sid) : null
    return id === null ? undefined : await users.find(id)
  }

  return {
    async identify(ctx, next) {
      ctx.state.user = await findUser(ctx)
      await next()
    },

    async signedIn(ctx, next) {
      const user = await findUser(ctx)
      if (!user) throw unauthorized()
      ctx.state.user = user
      await next()
    },
  }
}

/** Lets in only users who may; goes behind `signedIn`. */
export function allow(may: (user: User) => boolean): Middleware<SignedIn> {
  return async (ctx, next) => {
    if (!may(ctx.state.user)) throw new Problem(403)
    await next()
  }
}

export function unauthorized(challenge = 'Bearer'): Problem {
  return new Problem(401, { headers: { 'WWW-Authenticate': challenge } })
}
