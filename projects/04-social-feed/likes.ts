import type { RouterInstance } from '@koa/router'
import type { Deps } from './app.js'
import { changePost } from './counters.js'
import { referenceMissing, requireUser } from './database.js'
import { pathIds } from './fields.js'

export function routeLikes(router: RouterInstance, deps: Deps): void {
  router.put('/posts/:id/likes/:userId', async ctx => {
    const { id: postId, userId } = pathIds(ctx, 'id', 'userId')
    await changePost(deps, postId, async (db, count) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('likes')
        .values({ postId, userId })
        .onConflict(conflict => conflict.doNothing())
        .executeTakeFirstOrThrow()
        .catch(referenceMissing)
      await count('likeCount', Number(numInsertedOrUpdatedRows))
    })
    ctx.status = 204
  })

  router.delete('/posts/:id/likes/:userId', async ctx => {
    const { id: postId, userId } = pathIds(ctx, 'id', 'userId')
    await changePost(deps, postId, async (db, count) => {
      const { numDeletedRows } = await db
        .deleteFrom('likes')
        .where('postId', '=', postId)
        .where('userId', '=', userId)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) await requireUser(db, userId)
      await count('likeCount', -Number(numDeletedRows))
    })
    ctx.status = 204
  })
}
