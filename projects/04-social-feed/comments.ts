import type { RouterInstance } from '@koa/router'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { jsonBody } from '../shared/json-body.js'
import { found } from '../shared/problem-details.js'
import { uuidv7 } from '../shared/uuid.js'
import type { Deps } from './app.js'
import { changePost } from './counters.js'
import { type Database, shown } from './database.js'
import { pathIds } from './fields.js'
import { isAfter, loadPage, positionOf } from './paging.js'
import { authorMissing, parseWriting } from './writing.js'

export function routeComments(router: RouterInstance, deps: Deps): void {
  const { db } = deps

  router.post('/posts/:id/comments', jsonBody, async ctx => {
    const { id: postId } = pathIds(ctx, 'id')
    const writing = await parseWriting(db, ctx.request.body)
    const draft = { id: uuidv7(), postId, idempotencyKey: ctx.get('Idempotency-Key') || null, ...writing }
    const comment = await changePost(deps, postId, async (trx, count) => {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('comments')
        .values(draft)
        .onConflict(conflict => conflict.constraint('comments_idempotency_key').doNothing())
        .executeTakeFirstOrThrow()
        .catch(authorMissing)
      await count('commentCount', Number(numInsertedOrUpdatedRows))
      const written = selectComments(trx).where('comments.postId', '=', postId)
      return numInsertedOrUpdatedRows
        ? await written.where('comments.id', '=', draft.id).executeTakeFirstOrThrow()
        : await written
            .where('comments.userId', '=', draft.userId)
            .where('comments.idempotencyKey', '=', draft.idempotencyKey)
            .executeTakeFirstOrThrow()
    })
    ctx.status = 201
    ctx.body = shown(comment)
  })

  router.get('/posts/:id/comments', async ctx => {
    const { id: postId } = pathIds(ctx, 'id')
    ctx.body = await loadPage(ctx.query, {
      list: 'comments',
      position: positionOf,
      async load(page) {
        const comments = await selectComments(db)
          .where('comments.postId', '=', postId)
          .where(isAfter('comments', page))
          .orderBy('comments.createdAt', 'desc')
          .orderBy('comments.id', 'desc')
          .limit(page.limit)
          .execute()
        if (comments.length === 0) {
          found(await db.selectFrom('posts').select('id').where('id', '=', postId).executeTakeFirst())
        }
        return comments.map(shown)
      },
    })
  })

  router.delete('/comments/:id', async ctx => {
    const { id } = pathIds(ctx, 'id')
    const { postId } = found(
      await db.selectFrom('comments').select('postId').where('id', '=', id).executeTakeFirst(),
    )
    await changePost(deps, postId, async (trx, count) => {
      const { numDeletedRows } = await trx
        .deleteFrom('comments')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      // Another request may have deleted it while this one waited for the post.
      found(numDeletedRows > 0n)
      await count('commentCount', -1)
    })
    ctx.status = 204
  })
}

function selectComments(db: Database) {
  return db
    .selectFrom('comments')
    .innerJoin('users', 'users.id', 'comments.userId')
    .select(['comments.id', 'comments.postId', 'comments.userId', 'comments.text', 'comments.createdAt'])
    .select(({ ref }) => jsonBuildObject({ id: ref('users.id'), name: ref('users.name') }).as('user'))
}
