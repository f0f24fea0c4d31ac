import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody, parseQuery } from '../shared/parsing.js'
import { found, Problem } from '../shared/problem-details.js'
import { pathId } from '../shared/uuid-ids.js'
import { allow, type Guards, type SignedIn } from './guards.js'
import { paged, pageQuery } from './paging.js'
import { isAdmin, roles } from './permissions.js'
import type { UserStore } from './user-store.js'

const listQuery = z.object(pageQuery)
const changes = z.strictObject({ role: z.enum(roles) })

interface Deps extends Guards {
  readonly users: UserStore
}

export function routeUsers(router: RouterInstance, { users, signedIn }: Deps): void {
  router.get<SignedIn>('/me', signedIn, ctx => {
    ctx.body = ctx.state.user
  })

  router.get<SignedIn>('/users', signedIn, allow(isAdmin), async ctx => {
    ctx.body = await paged(parseQuery(listQuery, ctx.query), users.list)
  })

  router.get<SignedIn>('/users/:id', signedIn, async ctx => {
    const { user } = ctx.state
    if (!isAdmin(user) && user.id !== ctx.params.id) throw new Problem(403)
    ctx.body = found(await users.find(pathId(ctx)))
  })

  router.patch<SignedIn>('/users/:id', signedIn, allow(isAdmin), jsonBody, async ctx => {
    const { role } = parseBody(changes, ctx.request.body)
    ctx.body = found(await users.setRole(pathId(ctx), role))
  })

  router.delete<SignedIn>('/users/:id', signedIn, allow(isAdmin), async ctx => {
    found(await users.delete(pathId(ctx)))
    ctx.status = 204
  })
}
