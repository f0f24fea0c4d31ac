import { sql } from 'kysely'
import { found } from '../shared/problem-details.js'
import { activityKey } from './activity.js'
import type { Deps } from './app.js'
import type { Database } from './database.js'
import { postKey } from './post-views.js'

type Count = (column: 'likeCount' | 'commentCount', by: number) => Promise<void>

/**
 * Changes what belongs to a post together with its counters, while the post is locked: nobody else counts in
 * between, and nobody deletes it. Then forgets what was cached of it. A 404 without such a post.
 */
export async function changePost<Result>(
  { db, cache }: Deps,
  postId: string,
  change: (db: Database, count: Count) => Promise<Result>,
): Promise<Result> {
  const { userId, result } = await db.transaction().execute(async trx => {
    const { userId } = found(
      await trx
        .selectFrom('posts')
        .select('userId')
        .where('id', '=', postId)
        .forNoKeyUpdate()
        .executeTakeFirst(),
    )
    const result = await change(trx, async (column, by) => {
      if (by === 0) return
      await trx
        .updateTable('posts')
        .set({ [column]: sql`${sql.ref(column)} + ${by}` })
        .where('id', '=', postId)
        .execute()
    })
    return { userId, result }
  })
  await cache.drop([postKey(postId), activityKey(userId)])
  return result
}
