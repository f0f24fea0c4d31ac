import type { RouterInstance } from '@koa/router'
import { sql } from 'kysely'
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
    const { userId, text } = await parseWriting(db, ctx.request.body)
    const id = uuidv7()
    const key = ctx.get('Idempotency-Key') || null
    await changePost(deps, postId, {
      rows: sql`insert into comments (id, post_id, user_id, text, idempotency_key)
                select ${id}, post.id, ${userId}, ${text}, ${key} from post
                on conflict on constraint comments_idempotency_key do nothing`,
      count: 'comment_count',
      by: 1,
    }).catch(authorMissing)
    // That of this request, or the one that was sent with the same key before.
    const comment = await selectComments(db)
      .where('comments.postId', '=', postId)
      .where('comments.userId', '=', userId)
      .where(({ eb, or }) => or([eb('comments.id', '=', id), eb('comments.idempotencyKey', '=', key)]))
      .executeTakeFirst()
    ctx.status = 201
    ctx.body = shown(found(comment))
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
    const comment = found(
      await db.selectFrom('comments').select('postId').where('id', '=', id).executeTakeFirst(),
    )
    const changed = await changePost(deps, comment.postId, {
      rows: sql`delete from comments using post where comments.id = ${id} and comments.post_id = post.id`,
      count: 'comment_count',
      by: -1,
    })
    // Another request may have deleted it while this one waited for the post.
    found(changed > 0)
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
