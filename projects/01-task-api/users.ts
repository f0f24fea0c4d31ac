import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody, parseQuery } from '../shared/parsing.js'
import { violatedConstraint } from '../shared/postgres.js'
import { found, Problem } from '../shared/problem-details.js'
import { pathId } from '../shared/uuid-ids.js'
import { line } from './fields.js'
import { paging } from './paging.js'
import { type UserStore, userChangesSchema, userDraftSchema } from './user-store.js'

const pages = paging('users', { createdAt: z.iso.datetime(), name: line(100) })
const listQuery = z.object(pages.parameters)

export function routeUsers(router: RouterInstance, users: UserStore): void {
  router.post('/users', jsonBody, async ctx => {
    const user = await users.create(parseBody(userDraftSchema, ctx.request.body)).catch(emailTaken)
    ctx.status = 201
    ctx.set('Location', `/users/${user.id}`)
    ctx.body = user
  })

  router.get('/users', async ctx => {
    ctx.body = await pages.answer(parseQuery(listQuery, ctx.query), page => users.list(page))
  })

  router.get('/users/:id', async ctx => {
    ctx.body = found(await users.find(pathId(ctx)))
  })

  router.patch('/users/:id', jsonBody, async ctx => {
    const changes = parseBody(userChangesSchema, ctx.request.body)
    ctx.body = found(await users.update(pathId(ctx), changes).catch(emailTaken))
  })

  router.delete('/users/:id', async ctx => {
    found(await users.delete(pathId(ctx)))
    ctx.status = 204
  })
}

// Asking first would let two requests with one new address both find it free.
function emailTaken(error: unknown): never {
  if (violatedConstraint(error) !== 'users_email_key') throw error
  throw new Problem(409, { detail: 'Another user has this e-mail address.' })
}
