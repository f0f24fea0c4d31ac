import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody } from '../shared/parsing.js'
import { found } from '../shared/problem-details.js'
import { uuidv7 } from '../shared/uuid.js'
import type { Deps } from './app.js'
import { type Database, shown } from './database.js'
import { pathIds, text } from './fields.js'

const userDraft = z.strictObject({ name: text(100) })

export function routeUsers(router: RouterInstance, { db }: Deps): void {
  router.post('/users', jsonBody, async ctx => {
    const { name } = parseBody(userDraft, ctx.request.body)
    const id = uuidv7()
    await db.insertInto('users').values({ id, name }).execute()
    ctx.status = 201
    ctx.set('Location', `/users/${id}`)
    ctx.body = await findUser(db, id)
  })

  router.get('/users/:id', async ctx => {
    ctx.body = found(await findUser(db, pathIds(ctx, 'id').id))
  })
}

async function findUser(db: Database, id: string) {
  const count = (column: 'followerId' | 'followeeId') =>
    db
      .selectFrom('follows')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where(column, '=', id)
  const user = await db
    .selectFrom('users')
    .selectAll()
    .select(({ cast }) => [
      cast<number>(count('followeeId'), 'integer').as('followerCount'),
      cast<number>(count('followerId'), 'integer').as('followingCount'),
    ])
    .where('id', '=', id)
    .executeTakeFirst()
  return user && shown(user)
}
