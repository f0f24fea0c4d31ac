import { type RawBuilder, sql } from 'kysely'
import { found } from '../shared/problem-details.js'
import { activityKey } from './activity.js'
import type { Deps } from './app.js'
import { postKey } from './post-views.js'

interface Change {
  /** An insert or a delete for the row `post`, without RETURNING. Both its tables have a `post_id`. */
  readonly rows: RawBuilder<unknown>
  readonly count: 'like_count' | 'comment_count'
  /** What each row that was changed adds to the counter. */
  readonly by: 1 | -1
}

/**
 * Changes what belongs to a post together with its counter, then forgets what was cached of it. Gives how many
 * rows were changed; a 404 without such a post. One statement does it all while the post is locked: nobody else
 * counts in between, nobody deletes the post, and the lock is held for no longer than the database itself takes.
 */
export async function changePost(
  { db, cache }: Deps,
  postId: string,
  { rows, count, by }: Change,
): Promise<number> {
  const posts = await sql<{ userId: string; changed: number }>`
    with post as (select id, user_id from posts where id = ${postId} for no key update),
         changed as (${rows} returning post_id),
         counted as (update posts set ${sql.ref(count)} = ${sql.ref(count)} + ${by}
                       from changed where posts.id = changed.post_id)
    select user_id, (select count(*)::integer from changed) as changed from post`.execute(db)
  const { userId, changed } = found(posts.rows[0])
  await cache.drop([postKey(postId), activityKey(userId)])
  return changed
}
