import type { RouterInstance } from '@koa/router'
import { jsonBody } from '../shared/json-body.js'
import { found } from '../shared/problem-details.js'
import { uuidv7 } from '../shared/uuid.js'
import { activityKey } from './activity.js'
import type { Deps } from './app.js'
import { requireUser, shown } from './database.js'
import { feedsWith } from './feed.js'
import { pathIds } from './fields.js'
import { isAfter, loadPage, positionOf } from './paging.js'
import { postKey, readPosts, selectPosts } from './post-views.js'
import { authorMissing, parseWriting } from './writing.js'

export function routePosts(router: RouterInstance, { db, cache }: Deps): void {
  router.post('/posts', jsonBody, async ctx => {
    const writing = await parseWriting(db, ctx.request.body)
    const id = uuidv7()
    await db
      .insertInto('posts')
      .values({ id, ...writing })
      .execute()
      .catch(authorMissing)
    // Asked after the commit: a follower of any later moment fills the feed with the post in it.
    await cache.drop(await feedsWith(db, writing.userId))
    ctx.status = 201
    ctx.set('Location', `/posts/${id}`)
    ctx.type = 'json'
    ctx.body = (await readPosts({ db, cache }, [id]))[0]
  })

  router.get('/posts/:id', async ctx => {
    const [post] = await readPosts({ db, cache }, [pathIds(ctx, 'id').id])
    ctx.type = 'json'
    ctx.body = found(post)
  })

  router.delete('/posts/:id', async ctx => {
    const { id } = pathIds(ctx, 'id')
    const { userId } = found(
      await db.deleteFrom('posts').where('id', '=', id).returning('userId').executeTakeFirst(),
    )
    await cache.drop([postKey(id), activityKey(userId), ...(await feedsWith(db, userId))])
    ctx.status = 204
  })

  router.get('/users/:id/posts', async ctx => {
    const { id } = pathIds(ctx, 'id')
    const { items, nextCursor } = await loadPage(ctx.query, {
      list: 'posts',
      position: positionOf,
      async load(page) {
        const posts = await selectPosts(db)
          .where('posts.userId', '=', id)
          .where(isAfter('posts', page))
          .orderBy('posts.createdAt', 'desc')
          .orderBy('posts.id', 'desc')
          .limit(page.limit)
          .execute()
        if (posts.length === 0) await requireUser(db, id)
        return posts.map(shown)
      },
    })
    ctx.body = { items, nextCursor }
  })
}
