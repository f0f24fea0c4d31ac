import type { RouterInstance } from '@koa/router'
import { sql } from 'kysely'
import type { Deps } from './app.js'
import { type CachedFeed, feedKey, readCachedFeed } from './cached-feed.js'
import { cachedLists } from './cached-lists.js'
import { type Database, requireUser, shown } from './database.js'
import { pathIds } from './fields.js'
import { isAfter, loadPage, type Page, parsePage, positionOf } from './paging.js'
import { readPosts } from './post-views.js'

export function routeFeed(router: RouterInstance, { db, cache }: Deps): void {
  const readPositions = cachedLists(cache, {
    keyOf: feedKey,
    size: 200,
    isWhole: false,
    ttlSeconds: 600,
    load: (userId, page) => loadFeed(db, userId, page),
  })

  router.get('/users/:id/feed', async ctx => {
    const { id } = pathIds(ctx, 'id')
    const cached = await readCachedFeed(cache, id, parsePage('feed', ctx.query))
    const { posts, nextCursor } = cached ?? (await readFeed(id, ctx.query))
    ctx.type = 'json'
    ctx.body = `{"items":[${posts}],"nextCursor":${JSON.stringify(nextCursor)}}`
  })

  async function readFeed(id: string, query: unknown): Promise<CachedFeed> {
    const { items, nextCursor } = await loadPage(query, {
      list: 'feed',
      load: page => readPositions(id, page),
      position: position => position,
    })
    const ids = items.map(position => position.split(' ')[1] ?? '')
    return { posts: (await readPosts({ db, cache }, ids)).join(), nextCursor }
  }
}

/** The keys of all feeds that a post of this author is in. */
export async function feedsWith(db: Database, authorId: string): Promise<string[]> {
  const followers = await db
    .selectFrom('follows')
    .select('followerId')
    .where('followeeId', '=', authorId)
    .execute()
  return [authorId, ...followers.map(({ followerId }) => followerId)].map(feedKey)
}

async function loadFeed(db: Database, userId: string, page: Page): Promise<string[]> {
  const posts = await db
    // As many of each author as could be needed: each is a short walk along one index, whoever posts how much.
    .selectFrom(
      db
        .selectFrom('follows')
        .select('followeeId as userId')
        .where('followerId', '=', userId)
        .unionAll(db.selectNoFrom(sql<string>`${userId}::uuid`.as('userId')))
        .as('authors'),
    )
    .innerJoinLateral(
      ({ selectFrom }) =>
        selectFrom('posts')
          .select(['posts.id', 'posts.createdAt'])
          .whereRef('posts.userId', '=', 'authors.userId')
          .where(isAfter('posts', page))
          .orderBy('posts.createdAt', 'desc')
          .orderBy('posts.id', 'desc')
          .limit(page.limit)
          .as('newest'),
      join => join.onTrue(),
    )
    .select(['newest.id', 'newest.createdAt'])
    .orderBy('newest.createdAt', 'desc')
    .orderBy('newest.id', 'desc')
    .limit(page.limit)
    .execute()
  if (posts.length === 0) await requireUser(db, userId)
  return posts.map(shown).map(positionOf)
}
