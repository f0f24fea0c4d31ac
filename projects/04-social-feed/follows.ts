import type { RouterInstance } from '@koa/router'
import { Problem } from '../shared/problem-details.js'
import { activityKey } from './activity.js'
import type { Deps } from './app.js'
import { feedKey } from './cached-feed.js'
import { referenceMissing, requireUser } from './database.js'
import { pathIds } from './fields.js'

export function routeFollows(router: RouterInstance, { db, cache }: Deps): void {
  router.put('/users/:id/following/:otherId', async ctx => {
    const { id, otherId } = pathIds(ctx, 'id', 'otherId')
    if (id === otherId) throw new Problem(422, { detail: 'Nobody follows himself.' })
    await db
      .insertInto('follows')
      .values({ followerId: id, followeeId: otherId })
      .onConflict(conflict => conflict.doNothing())
      .execute()
      .catch(referenceMissing)
    await cache.drop([feedKey(id), activityKey(otherId)])
    ctx.status = 204
  })

  router.delete('/users/:id/following/:otherId', async ctx => {
    const { id, otherId } = pathIds(ctx, 'id', 'otherId')
    const { numDeletedRows } = await db
      .deleteFrom('follows')
      .where('followerId', '=', id)
      .where('followeeId', '=', otherId)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) {
      await requireUser(db, id)
      await requireUser(db, otherId)
    }
    await cache.drop([feedKey(id), activityKey(otherId)])
    ctx.status = 204
  })
}
