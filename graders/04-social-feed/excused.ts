import type { Excuse } from '../kit/excuse.js'

const goodSettings = 'Whoever starts the server gives it a port and addresses that are good.'
const cutAfterwards = 'What is too much is cut off afterwards, and none of it is seen.'
const oneConnection =
  'Commands run in the order in which they were sent on the one connection to Redis: this one before those of the next request.'
const inOrder =
  'On the one connection of the migration, statements run in the order in which they were begun.'
const onlySpeed = 'It is slower, which only the performance row can tell.'
const asksInVain = 'One statement more, in a place where the brief counts none; its answer changes nothing.'
const nobodyTwice = 'No row is in both parts: there is none that `union` could take away.'
const leaseEnds = 'A lease that is left ends by itself, and matters to nobody but who holds it.'
const documentedAtMost = 'The document names the longest time to live; less is fine.'
const anySize = 'How much is cached beyond the newest 100 is up to the server.'
const endsAnyway = 'The process ends right after it.'
const indexOrder = 'Postgres walks along an index on author, time and id, which holds this order anyway.'
const idsInOrder = 'Ids are made in the order of the times, so that either alone sorts the same.'

const migration = 'migrations/0001-social-feed.ts'

export const excused: readonly Excuse[] = [
  // activity.ts
  { file: 'activity.ts', line: 'ttlSeconds: 600,', rule: 'boundary', to: '599', because: documentedAtMost },
  {
    file: 'activity.ts',
    line: "return [createdAt, type, userId, postId ?? '', commentId ?? ''].join(' ')",
    rule: 'logic',
    because: 'Joined, null is the empty text as well.',
  },
  { file: 'activity.ts', line: 'limit ${NEWEST})', rule: 'sql', because: cutAfterwards },
  { file: 'activity.ts', line: 'limit ${NEWEST})', nth: 2, rule: 'sql', because: cutAfterwards },
  { file: 'activity.ts', line: 'limit ${NEWEST})', nth: 3, rule: 'sql', because: cutAfterwards },
  { file: 'activity.ts', line: 'limit ${NEWEST}`.execute(db)', rule: 'sql', because: cutAfterwards },
  { file: 'activity.ts', line: '.slice(0, limit)', rule: 'call', because: cutAfterwards },
  { file: 'activity.ts', line: 'union all', rule: 'sql', because: nobodyTwice },
  { file: 'activity.ts', line: 'union all', nth: 2, rule: 'sql', because: nobodyTwice },
  {
    file: 'activity.ts',
    line: 'if (rows.length === 0) await requireUser(db, userId)',
    rule: 'condition',
    to: 'true',
    because: asksInVain,
  },

  // app.ts
  {
    file: 'app.ts',
    line: 'const router = new Router({ strict: true, sensitive: true })',
    rule: 'condition',
    because: 'The brief leaves open whether a path may end in a slash or be written in capitals.',
  },
  {
    file: 'app.ts',
    line: 'app.use(requestLog(logger))',
    rule: 'call',
    because: 'Nobody outside reads the log of requests.',
  },
  {
    file: 'app.ts',
    line: 'app.use(databaseErrors)',
    rule: 'call',
    because: 'It speaks when Postgres is away, of which the brief says nothing.',
  },

  // cache.ts
  { file: 'cache.ts', line: 'const LEASE_SECONDS = 10', rule: 'boundary', because: leaseEnds },
  {
    file: 'cache.ts',
    line: 'const KEYS_AT_ONCE = 1_000',
    rule: 'boundary',
    because: 'Redis takes many more keys at once.',
  },
  {
    file: 'cache.ts',
    line: "if (redis.status === 'ready') begin()",
    rule: 'condition',
    because: 'It matters to a server that is started while Redis holds what another wrote before an outage.',
  },
  {
    file: 'cache.ts',
    line: "if (redis.status === 'ready') begin()",
    rule: 'boundary',
    because: 'It matters to a server that is started while Redis holds what another wrote before an outage.',
  },
  {
    file: 'cache.ts',
    line: "if (redis.status === 'ready') begin()",
    rule: 'call',
    because: 'It matters to a server that is started while Redis holds what another wrote before an outage.',
  },
  {
    file: 'cache.ts',
    line: 'return granted === token ? token : undefined',
    rule: 'condition',
    to: 'true',
    because: 'Who has a token while Redis is away cannot use it.',
  },
  { file: 'cache.ts', line: 'await attempt(async () => {', rule: 'await', because: oneConnection },
  {
    file: 'cache.ts',
    line: 'for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {',
    rule: 'boundary',
    to: '<=',
    because: 'An error of Redis about no keys is swallowed like any other.',
  },
  {
    file: 'cache.ts',
    line: 'await redis.del(keys.slice(from, from + KEYS_AT_ONCE).flatMap(key => [key, leaseOf(key)]))',
    rule: 'call',
    to: '',
    because: 'All keys are deleted at once, and deleting one twice does nothing.',
  },

  // cached-lists.ts
  {
    file: 'cached-lists.ts',
    line: "return after === undefined ? '+' : `(${after}`",
    rule: 'condition',
    to: 'false',
    because: 'The text `undefined` sorts behind every position, as `+` does.',
  },
  {
    file: 'cached-lists.ts',
    line: "redis.call('DEL', KEYS[1], KEYS[2])",
    rule: 'redis',
    because: 'A list is filled when there is none, and a lease that is left ends by itself.',
  },
  {
    file: 'cached-lists.ts',
    line: 'await cache.attempt(redis => redis.eval(fillList, 2, key, leaseOf(key), token, ttlSeconds, ...members))',
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'cached-lists.ts',
    line: 'return members.filter(member => after === undefined || member < after).slice(0, limit)',
    rule: 'call',
    from: '.slice(0, limit)',
    because: cutAfterwards,
  },

  // cached-feed.ts
  {
    file: 'cached-feed.ts',
    line: "redis.eval(readFeed, 1, feedKey(userId), startOf(page), page.limit, END, postKey('')),",
    rule: 'boundary',
    because: 'A script that fails leaves the page to the other reads from Redis, which are slower.',
  },

  // comments.ts, counters.ts, database.ts, likes.ts
  { file: 'comments.ts', line: '.limit(page.limit)', rule: 'sql', because: cutAfterwards },
  {
    file: 'comments.ts',
    line: 'if (comments.length === 0) {',
    rule: 'condition',
    to: 'true',
    because: asksInVain,
  },
  {
    file: 'comments.ts',
    line: 'rows: sql`delete from comments using post where comments.id = ${id} and comments.post_id = post.id`,',
    rule: 'sql',
    from: 'and comments.post_id = post.id',
    because: 'The post was looked up by the comment: it has no other.',
  },
  {
    file: 'counters.ts',
    line: 'with post as (select id, user_id from posts where id = ${postId} for no key update),',
    rule: 'sql',
    from: 'for no key update',
    because:
      'The lock keeps a like that is taken back from a deadlock with the deletion of its post, which the brief sends one after the other.',
  },
  {
    file: 'counters.ts',
    line: 'await cache.drop([postKey(postId), activityKey(userId)])',
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'database.ts',
    line: "throw violatedConstraint(error)?.endsWith('_fkey') ? new Problem(404) : error",
    rule: 'condition',
    to: 'true',
    because: 'It speaks when Postgres fails otherwise, of which the brief says nothing.',
  },
  {
    file: 'likes.ts',
    line: 'if (changed === 0) await requireUser(deps.db, userId)',
    rule: 'condition',
    to: 'true',
    because: asksInVain,
  },

  // feed.ts
  { file: 'feed.ts', line: 'size: 200,', rule: 'boundary', because: anySize },
  { file: 'feed.ts', line: 'ttlSeconds: 600,', rule: 'boundary', to: '599', because: documentedAtMost },
  {
    file: 'feed.ts',
    line: ".where('followeeId', '=', authorId)",
    rule: 'sql',
    to: '',
    because: 'More feeds are forgotten than must be, and made anew.',
  },
  {
    file: 'feed.ts',
    line: ".unionAll(db.selectNoFrom(sql<string>`${userId}::uuid`.as('userId')))",
    rule: 'sql',
    to: 'union',
    because: nobodyTwice,
  },
  {
    file: 'feed.ts',
    line: ".orderBy('posts.createdAt', 'desc')",
    rule: 'sql',
    to: '',
    because: idsInOrder,
  },
  {
    file: 'feed.ts',
    line: ".orderBy('posts.id', 'desc')",
    rule: 'sql',
    to: '',
    because: indexOrder,
  },
  { file: 'feed.ts', line: '.limit(page.limit)', rule: 'sql', because: cutAfterwards },
  { file: 'feed.ts', line: '.limit(page.limit)', nth: 2, rule: 'sql', because: cutAfterwards },
  {
    file: 'feed.ts',
    line: ".orderBy('newest.createdAt', 'desc')",
    rule: 'sql',
    to: '',
    because: idsInOrder,
  },

  // follows.ts
  {
    file: 'follows.ts',
    line: 'await cache.drop([feedKey(id), activityKey(otherId)])',
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'follows.ts',
    line: 'await cache.drop([feedKey(id), activityKey(otherId)])',
    nth: 2,
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'follows.ts',
    line: 'if (numDeletedRows === 0n) {',
    rule: 'condition',
    to: 'true',
    because: asksInVain,
  },

  // main.ts
  ...(['call', 'boundary'] as const).flatMap((rule): Excuse[] =>
    [
      'PORT: z.coerce.number().int().min(1).max(65_535),',
      'DATABASE_URL: z.string().min(1),',
      'REDIS_URL: z.string().min(1),',
    ].map(line => ({ file: 'main.ts', line, rule, because: goodSettings })),
  ),
  {
    file: 'main.ts',
    line: 'await serve(app, {',
    rule: 'await',
    because: 'Nothing comes after it, and a rejection ends the process either way.',
  },
  { file: 'main.ts', line: 'redis.disconnect()', rule: 'call', because: endsAnyway },
  { file: 'main.ts', line: 'await pool.end()', rule: 'await', because: endsAnyway },
  { file: 'main.ts', line: 'await pool.end()', rule: 'call', because: endsAnyway },

  // migrations/
  ...['users', 'follows', 'posts', 'likes', 'comments'].map(
    (table): Excuse => ({
      file: migration,
      line: `await table(db, '${table}')`,
      rule: 'await',
      because: inOrder,
    }),
  ),
  ...[
    "await index('posts_of_user').on('posts').columns(['user_id', 'created_at', 'id']).execute()",
    "await index('comments_of_post').on('comments').columns(['post_id', 'created_at', 'id']).execute()",
    "await index('likes_of_post').on('likes').columns(['post_id', 'created_at']).execute()",
    "await index('followers_of_user').on('follows').columns(['followee_id', 'created_at']).execute()",
  ].map((line): Excuse => ({ file: migration, line, rule: 'await', because: inOrder })),
  ...[
    "await index('likes_of_post').on('likes').columns(['post_id', 'created_at']).execute()",
    "await index('followers_of_user').on('follows').columns(['followee_id', 'created_at']).execute()",
  ].map((line): Excuse => ({ file: migration, line, rule: 'call', because: onlySpeed })),

  // paging.ts, post-views.ts, posts.ts
  {
    file: 'paging.ts',
    line: 'const found = await load({ after, limit: limit + 1 })',
    rule: 'boundary',
    to: '2',
    because: cutAfterwards,
  },
  {
    file: 'post-views.ts',
    line: 'const TTL_SECONDS = 600',
    rule: 'boundary',
    to: '599',
    because: documentedAtMost,
  },
  { file: 'post-views.ts', line: "redis.call('DEL', KEYS[n + 1])", rule: 'redis', because: leaseEnds },
  ...[{ rule: 'condition', to: 'false' } as const, { rule: 'boundary', to: '(-1)' } as const].map(
    (change): Excuse => ({
      file: 'post-views.ts',
      line: 'if (ids.length === 0) return []',
      ...change,
      because: 'Asking Redis for no posts is an error, which is swallowed, and Postgres gives none.',
    }),
  ),
  {
    file: 'post-views.ts',
    line: 'const absent = ids.filter((_, n) => !cached[n])',
    rule: 'call',
    because: 'Posts are read again that are cached. Feeds are read from the cache elsewhere.',
  },
  ...(['condition', 'boundary'] as const).map(
    (rule): Excuse => ({
      file: 'post-views.ts',
      line: 'const loaded = absent.length > 0 ? await loadPosts({ db, cache }, absent) : new Map<string, string>()',
      rule,
      to: rule === 'condition' ? 'true' : '>=',
      because: asksInVain,
    }),
  ),
  {
    file: 'post-views.ts',
    line: 'const loaded = absent.length > 0 ? await loadPosts({ db, cache }, absent) : new Map<string, string>()',
    rule: 'boundary',
    to: '(-1)',
    because: asksInVain,
  },
  {
    file: 'post-views.ts',
    line: 'const rows = await selectPosts(db).where(sql<boolean>`posts.id = any(${ids})`).execute()',
    rule: 'sql',
    to: '',
    because: onlySpeed,
  },
  ...['>=', '(-1)'].map(
    (to): Excuse => ({
      file: 'post-views.ts',
      line: 'if (token !== undefined && posts.size > 0) {',
      rule: 'boundary',
      to,
      because: 'Filling no posts does nothing.',
    }),
  ),
  {
    file: 'post-views.ts',
    line: 'await cache.attempt(redis => redis.eval(fillPosts, keys.length, ...keys, ...fill))',
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'posts.ts',
    line: 'await cache.drop(await feedsWith(db, writing.userId))',
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'posts.ts',
    line: 'await cache.drop([postKey(id), activityKey(userId), ...(await feedsWith(db, userId))])',
    rule: 'await',
    because: oneConnection,
  },
  {
    file: 'posts.ts',
    line: ".orderBy('posts.id', 'desc')",
    rule: 'sql',
    to: '',
    because: indexOrder,
  },
  { file: 'posts.ts', line: '.limit(page.limit)', rule: 'sql', because: cutAfterwards },
  {
    file: 'posts.ts',
    line: 'if (posts.length === 0) await requireUser(db, id)',
    rule: 'condition',
    to: 'true',
    because: asksInVain,
  },
]
