import type { RouterInstance } from '@koa/router'
import { sql } from 'kysely'
import type { Deps } from './app.js'
import { changePost } from './counters.js'
import { referenceMissing, requireUser } from './database.js'
import { pathIds } from './fields.js'

export function routeLikes(router: RouterInstance, deps: Deps): void {
  router.put('/posts/:id/likes/:userId', async ctx => {
    const { id: postId, userId } = pathIds(ctx, 'id', 'userId')
    await changePost(deps, postId, {
      rows: sql`insert into likes (post_id, user_id) select id, ${userId} from post on conflict do nothing`,
      count: 'like_count',
      by: 1,
    }).catch(referenceMissing)
    ctx.status = 204
  })

  router.delete('/posts/:id/likes/:userId', async ctx => {
    const { id: postId, userId } = pathIds(ctx, 'id', 'userId')
    const changed = await changePost(deps, postId, {
      rows: sql`delete from likes using post where likes.post_id = post.id and likes.user_id = ${userId}`,
      count: 'like_count',
      by: -1,
    })
    if (changed === 0) await requireUser(deps.db, userId)
    ctx.status = 204
  })
}
