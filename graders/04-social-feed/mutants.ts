import { defineMutants } from '../kit/rubric.js'
import { rubric } from './rubric.js'

export const mutants = defineMutants(rubric, [
  // posts
  {
    id: 'feed-without-own-posts',
    breaks: 'posts',
    file: 'feed.ts',
    find: `sql<string>\`\${userId}::uuid\`.as('userId')`,
    replace: "sql<string>`null::uuid`.as('userId')",
    because: 'The feed has only the posts of those who are followed.',
  },
  {
    id: 'post-answers-200',
    breaks: 'posts',
    file: 'posts.ts',
    find: 'ctx.status = 201',
    replace: 'ctx.status = 200',
    because: 'Creating a post answers 200.',
  },
  {
    id: 'spaces-are-a-name',
    breaks: 'posts',
    file: 'users.ts',
    find: 'z.strictObject({ name: text(100) })',
    replace: 'z.strictObject({ name: z.string().min(1).max(100) })',
    because: 'The length is checked, but not what the characters are.',
  },
  {
    id: 'nobodys-posts',
    breaks: 'posts',
    file: 'posts.ts',
    find: 'if (posts.length === 0) await requireUser(db, id)',
    replace: 'await requireUser(db, id).catch(() => {})',
    because: 'The posts of a user who does not exist are an empty list.',
  },

  // follow
  {
    id: 'follow-twice-is-an-error',
    breaks: 'follow',
    file: 'follows.ts',
    find: '      .onConflict(conflict => conflict.doNothing())\n',
    replace: '',
    because: 'The second follow violates the primary key, and the error is answered.',
  },
  {
    id: 'mutual-counts',
    breaks: 'follow',
    file: 'users.ts',
    find: "count('followeeId'), 'integer').as('followerCount')",
    replace: "count('followerId'), 'integer').as('followerCount')",
    because: 'Followers and those who are followed are mixed up.',
  },
  {
    id: 'follows-himself',
    breaks: 'follow',
    file: 'follows.ts',
    find: "if (id === otherId) throw new Problem(422, { detail: 'Nobody follows himself.' })",
    replace: "if (id === otherId) throw new Problem(409, { detail: 'Nobody follows himself.' })",
    because: 'Following oneself is taken for a conflict with what is stored.',
  },
  {
    id: 'unfollow-of-nobody',
    breaks: 'follow',
    file: 'follows.ts',
    find: '      await requireUser(db, otherId)\n',
    replace: '',
    because: 'A delete that deletes nothing is taken for a success, whoever was meant.',
  },

  // cursor-pagination
  {
    id: 'offset-paging',
    breaks: 'cursor-pagination',
    file: 'posts.ts',
    find: '          .limit(page.limit)\n',
    replace: '          .limit(page.limit)\n          .offset(0)\n',
    because: 'The statement pages with OFFSET.',
  },
  {
    id: 'tie-less-cursor',
    breaks: 'cursor-pagination',
    file: 'paging.ts',
    find: `return sql\`(\${sql.ref(\`\${table}.createdAt\`)}, \${sql.ref(\`\${table}.id\`)}) < (\${createdAt}, \${id})\``,
    replace: `return sql\`\${sql.ref(\`\${table}.createdAt\`)} < \${createdAt} and \${id} <> ''\``,
    because: 'The cursor compares the time alone: posts that share it with the last one are dropped.',
  },
  {
    id: 'cached-ties-repeat',
    breaks: 'cursor-pagination',
    file: 'cached-lists.ts',
    find: `return after === undefined ? '+' : \`(\${after}\``,
    replace: `return after === undefined ? '+' : \`(\${after.split(' ')[0]}\``,
    because: 'The page from the sorted set begins after the time alone.',
  },
  {
    id: 'warm-cursor-skips-a-post',
    breaks: 'cursor-pagination',
    file: 'cached-feed.ts',
    find: 'not ends and page[#page - 1] }',
    replace: 'not ends and page[#page] }',
    because: 'The cursor of a page from Redis is the first post of the next one, which begins after it.',
  },
  {
    id: 'any-cursor-will-do',
    breaks: 'cursor-pagination',
    file: 'paging.ts',
    find: 'if (writeCursor(list, position) !== cursor) {',
    replace: "if (position !== '' && writeCursor(list, position) !== cursor) {",
    because: 'A cursor that decodes to nothing is taken for the first page.',
  },
  {
    id: 'cursor-in-plain-text',
    breaks: 'cursor-pagination',
    file: 'paging.ts',
    find: `  return Buffer.from(digest + position).toString('base64url')
}

function readCursor(list: string, cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString().slice(8)`,
    replace: `  return \`\${position} \${digest}\`
}

function readCursor(list: string, cursor: string): string {
  const position = cursor.slice(0, -9)`,
    because: 'The cursor shows the time and the id that it is made of.',
  },
  {
    id: 'promises-an-empty-page',
    breaks: 'cursor-pagination',
    file: 'paging.ts',
    find: 'const last = found.length > limit ?',
    replace: 'const last = found.length >= limit ?',
    because: 'A last page that is exactly full promises another one.',
  },
  {
    id: 'author-by-author',
    breaks: 'cursor-pagination',
    file: 'comments.ts',
    find: '        return comments.map(shown)',
    replace: `        for (const { userId } of comments) {
          await db.selectFrom('users').select('name').where('id', '=', userId).execute()
        }
        return comments.map(shown)`,
    because: 'The author of each comment is looked up by a statement of its own.',
  },

  // counters
  {
    id: 'like-counted-twice',
    breaks: 'counters',
    file: 'likes.ts',
    find: `select id, \${userId} from post on conflict do nothing`,
    replace: `select id, \${userId} from post
                on conflict (post_id, user_id) do update set user_id = excluded.user_id`,
    because: 'The second like updates the row of the first, and each row that was written counts.',
  },
  {
    id: 'read-then-write',
    breaks: 'counters',
    file: 'counters.ts',
    find: `  const posts = await sql<{ userId: string; changed: number }>\`
    with post as (select id, user_id from posts where id = \${postId} for no key update),
         changed as (\${rows} returning post_id),
         counted as (update posts set \${sql.ref(count)} = \${sql.ref(count)} + \${by}`,
    replace: `  const before = await db
    .selectFrom('posts')
    .select(count === 'like_count' ? 'likeCount as count' : 'commentCount as count')
    .where('id', '=', postId)
    .executeTakeFirst()
  const posts = await sql<{ userId: string; changed: number }>\`
    with post as (select id, user_id from posts where id = \${postId} for no key update),
         changed as (\${rows} returning post_id),
         counted as (update posts set \${sql.ref(count)} = \${(before?.count ?? 0) + by}`,
    because: 'The count is read and written back, and others count in between.',
  },
  {
    id: 'stale-counts-in-feeds',
    breaks: 'counters',
    file: 'counters.ts',
    find: 'await cache.drop([postKey(postId), activityKey(userId)])',
    replace: 'await cache.drop([activityKey(userId)])',
    because: 'The cached post keeps the counts that it had when it was read.',
  },
  {
    id: 'retry-comments-again',
    breaks: 'counters',
    file: 'comments.ts',
    find: "const key = ctx.get('Idempotency-Key') || null",
    replace: 'const key = null as string | null',
    because: 'The header Idempotency-Key is ignored.',
  },
  {
    id: 'retry-is-counted',
    breaks: 'counters',
    file: 'comments.ts',
    find: 'on conflict on constraint comments_idempotency_key do nothing',
    replace: 'on conflict on constraint comments_idempotency_key do update set text = excluded.text',
    because: 'A comment that is sent again is not stored again, but counted.',
  },

  // feed-cache
  {
    id: 'fan-out-forgets-the-author',
    breaks: 'feed-cache',
    file: 'feed.ts',
    find: 'return [authorId, ...followers.map(({ followerId }) => followerId)].map(feedKey)',
    replace: 'return followers.map(({ followerId }) => feedKey(followerId))',
    because: "A new post drops the followers' feeds and not the author's own.",
  },
  {
    id: 'fan-out-misses-new-followers',
    breaks: 'feed-cache',
    file: 'feed.ts',
    find: `export async function feedsWith(db: Database, authorId: string): Promise<string[]> {
  const followers = await db
    .selectFrom('follows')
    .select('followerId')
    .where('followeeId', '=', authorId)
    .execute()`,
    replace: `const remembered = new Map<string, { followerId: string }[]>()
export async function feedsWith(db: Database, authorId: string): Promise<string[]> {
  const followers =
    remembered.get(authorId) ??
    (await db.selectFrom('follows').select('followerId').where('followeeId', '=', authorId).execute())
  remembered.set(authorId, followers)`,
    because: "An author's followers are remembered from the post before, and who follows since is left out.",
  },
  {
    id: 'follow-keeps-the-old-feed',
    breaks: 'feed-cache',
    file: 'follows.ts',
    find: `      .catch(referenceMissing)
    await cache.drop([feedKey(id), activityKey(otherId)])`,
    replace: `      .catch(referenceMissing)
    await cache.drop([activityKey(otherId)])`,
    because: 'The feed of somebody who follows another stays as it was cached.',
  },
  {
    id: 'unfollow-leaves-posts',
    breaks: 'feed-cache',
    file: 'follows.ts',
    find: `    }
    await cache.drop([feedKey(id), activityKey(otherId)])`,
    replace: `    }
    await cache.drop([activityKey(otherId)])`,
    because: 'The posts of who was unfollowed stay in the cached feed.',
  },
  {
    id: 'deleted-post-leaves-a-hole',
    breaks: 'feed-cache',
    file: 'posts.ts',
    find: 'await cache.drop([postKey(id), activityKey(userId), ...(await feedsWith(db, userId))])',
    replace: 'await cache.drop([postKey(id), activityKey(userId)])',
    because: 'The id of a deleted post stays in the cached feeds.',
  },
  {
    id: 'empty-feed-is-never-cached',
    breaks: 'feed-cache',
    file: 'cached-lists.ts',
    find: 'const members = newest.length < size ? [...newest, END] : newest',
    replace: 'const members = newest.length < size && newest.length > 0 ? [...newest, END] : newest',
    because: 'An empty sorted set does not exist, so an empty feed is read from Postgres each time.',
  },

  // activity-feed
  {
    id: 'activity-without-bound',
    breaks: 'activity-feed',
    file: 'activity.ts',
    find: 'const NEWEST = 100',
    replace: 'const NEWEST = 1_000',
    because: 'The sorted set grows with every activity.',
  },
  {
    id: 'own-likes-are-activity',
    breaks: 'activity-feed',
    file: 'activity.ts',
    find: ` and likes.user_id <> \${userId}`,
    replace: '',
    because: 'Users see what they did themselves.',
  },
  {
    id: 'unfollow-stays-in-activity',
    breaks: 'activity-feed',
    file: 'follows.ts',
    find: `    }
    await cache.drop([feedKey(id), activityKey(otherId)])`,
    replace: `    }
    await cache.drop([feedKey(id)])`,
    because: 'The cached activity keeps the follower who has gone.',
  },

  {
    id: 'unfollowed-by-all',
    breaks: 'follow',
    file: 'follows.ts',
    find: "      .where('followerId', '=', id)\n",
    replace: '',
    because: 'An unfollow takes all followers away.',
  },
  {
    id: 'feed-ends-with-the-cache',
    breaks: 'cursor-pagination',
    file: 'feed.ts',
    find: 'isWhole: false',
    replace: 'isWhole: true',
    because: 'What is not cached of a long feed is never shown.',
  },
  {
    id: 'likes-taken-back-everywhere',
    breaks: 'counters',
    file: 'likes.ts',
    find: 'likes.post_id = post.id and likes.user_id',
    replace: 'likes.user_id',
    because: "Taking one like back deletes the user's likes of all posts.",
  },
  {
    id: 'key-of-somebody-else',
    breaks: 'counters',
    file: 'comments.ts',
    find: "      .where('comments.userId', '=', userId)\n",
    replace: '',
    because: 'Who sends a key that another user sent before gets the comment of that user.',
  },

  // resilience
  {
    id: 'redis-is-given-up',
    breaks: 'resilience',
    file: 'main.ts',
    find: 'const redis = await connectRedis(config.REDIS_URL, logger)',
    replace: `const redis = (await connectRedis(config.REDIS_URL, logger)).duplicate({ retryStrategy: () => null })
await redis.connect()`,
    because: 'A connection to Redis that is lost is never made anew.',
  },
  {
    id: 'redis-errors-are-answered',
    breaks: 'resilience',
    file: 'cache.ts',
    find: '      return undefined\n',
    replace: '      throw err\n',
    because: 'An error of the cache becomes the error of the request.',
  },
  {
    id: 'stale-after-an-outage',
    breaks: 'resilience',
    file: 'cache.ts',
    find: "  redis.on('ready', begin)\n",
    replace: '',
    because: 'What was cached before Redis went away is believed when it is back.',
  },

  // documents
  {
    id: 'report-names-another-index',
    breaks: 'db-report',
    file: 'docs/db-report.md',
    find: 'Index Scan Backward using comments_of_post on comments',
    replace: 'Index Scan Backward using comments_post_id_idx on comments',
    because: 'The index was renamed after the report was written.',
  },
  {
    id: 'no-index-for-comments',
    breaks: 'db-report',
    file: 'migrations/0001-social-feed.ts',
    find: "on('comments').columns(['post_id', 'created_at', 'id'])",
    replace: "on('comments').columns(['text'])",
    because: 'The index does not serve the list, so its rows are sorted for every page.',
  },
  {
    id: 'another-ttl',
    breaks: 'caching-strategy',
    file: 'post-views.ts',
    find: 'const TTL_SECONDS = 600',
    replace: 'const TTL_SECONDS = 3_600',
    because: 'The time to live was changed in the code and not in the document.',
  },
  {
    id: 'row-of-an-earlier-design',
    breaks: 'caching-strategy',
    file: 'docs/caching-strategy.md',
    find: '| `post:<postId>` | string | 600 |',
    replace:
      '| `counts:<postId>` | hash | 600 | likes and comments | never |\n| `post:<postId>` | string | 600 |',
    because: 'The document has keys that the server does not keep.',
  },
  {
    id: 'statements-guessed',
    breaks: 'load-times',
    file: 'feed.ts',
    find: 'if (posts.length === 0) await requireUser(db, userId)',
    replace: 'await requireUser(db, userId)',
    because: 'A statement more is sent than the table says.',
  },
])
