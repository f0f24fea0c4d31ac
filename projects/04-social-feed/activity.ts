import type { RouterInstance } from '@koa/router'
import { sql } from 'kysely'
import type { Deps } from './app.js'
import { cachedLists } from './cached-lists.js'
import { type Database, requireUser, shown } from './database.js'
import { pathIds } from './fields.js'
import { loadPage, type Page } from './paging.js'

const NEWEST = 100

interface Activity {
  readonly createdAt: string
  readonly type: 'follow' | 'like' | 'comment'
  readonly userId: string
  readonly postId: string | null
  readonly commentId: string | null
}

export const activityKey = (userId: string) => `activity:${userId}`

export function routeActivity(router: RouterInstance, { db, cache }: Deps): void {
  const readActivity = cachedLists(cache, {
    keyOf: activityKey,
    size: NEWEST,
    isWhole: true,
    ttlSeconds: 600,
    load: (userId, page) => loadActivity(db, userId, page),
  })

  router.get('/users/:id/activity', async ctx => {
    const { id } = pathIds(ctx, 'id')
    const { items, nextCursor } = await loadPage(ctx.query, {
      list: 'activity',
      load: page => readActivity(id, page),
      position: position => position,
    })
    ctx.body = { items: items.map(parseActivity), nextCursor }
  })
}

// A position is the whole activity: time first, so that positions sort by it, and all that tells two apart.
function writeActivity({ createdAt, type, userId, postId, commentId }: Activity): string {
  return [createdAt, type, userId, postId ?? '', commentId ?? ''].join(' ')
}

function parseActivity(position: string) {
  const [createdAt, type, userId, postId, commentId] = position.split(' ')
  return { type, userId, postId: postId || null, commentId: commentId || null, createdAt }
}

async function loadActivity(db: Database, userId: string, { after, limit }: Page): Promise<string[]> {
  const { rows } = await sql<Omit<Activity, 'createdAt'> & { createdAt: Date }>`
    (select 'follow' as type, follower_id as user_id, null::uuid as post_id, null::uuid as comment_id, created_at
       from follows
      where followee_id = ${userId}
      order by created_at desc
      limit ${NEWEST})
    union all
    (select 'like', likes.user_id, post_id, null, likes.created_at
       from posts join likes on likes.post_id = posts.id
      where posts.user_id = ${userId} and likes.user_id <> ${userId}
      order by likes.created_at desc
      limit ${NEWEST})
    union all
    (select 'comment', comments.user_id, post_id, comments.id, comments.created_at
       from posts join comments on comments.post_id = posts.id
      where posts.user_id = ${userId} and comments.user_id <> ${userId}
      order by comments.created_at desc
      limit ${NEWEST})
    order by created_at desc
    limit ${NEWEST}`.execute(db)
  if (rows.length === 0) await requireUser(db, userId)
  return rows
    .map(row => writeActivity(shown(row)))
    .sort()
    .reverse()
    .filter(position => after === undefined || position < after)
    .slice(0, limit)
}
