import { change, excusesOf, inApp, inMain, reasons } from '../kit/common-excuses.js'
import type { Excuse } from '../kit/excuse.js'

const { cutAfterwards, inOrder, oneConnection, onlySpeed } = reasons
const documentedAtMost = 'The document names the longest time to live; less is fine.'
const nobodyTwice = 'No row is in both parts: there is none that `union` could take away.'
const asksInVain = 'One statement more, in a place where the brief counts none; its answer changes nothing.'
const leaseEnds = 'A lease that is left ends by itself, and matters to nobody but who holds it.'
const anOldCache =
  'It matters to a server that is started while Redis holds what another wrote before an outage.'
const anySize = 'How much is cached beyond the newest 100 is up to the server.'
const idsInOrder = 'Ids are made in the order of the times, so that either alone sorts the same.'
const indexOrder = 'Postgres walks along an index on author, time and id, which holds this order anyway.'
const swallowed = 'Asking Redis for no posts is an error, which is swallowed, and Postgres gives none.'

const loaded =
  'const loaded = absent.length > 0 ? await loadPosts({ db, cache }, absent) : new Map<string, string>()'
const migration = 'migrations/0001-social-feed.ts'

const indexes = [
  "await index('posts_of_user').on('posts').columns(['user_id', 'created_at', 'id']).execute()",
  "await index('comments_of_post').on('comments').columns(['post_id', 'created_at', 'id']).execute()",
  "await index('likes_of_post').on('likes').columns(['post_id', 'created_at']).execute()",
  "await index('followers_of_user').on('follows').columns(['followee_id', 'created_at']).execute()",
]

export const excused: readonly Excuse[] = excusesOf({
  'activity.ts': [
    change('boundary', 'ttlSeconds: 600,', documentedAtMost, { to: '599' }),
    change(
      'logic',
      "return [createdAt, type, userId, postId ?? '', commentId ?? ''].join(' ')",
      'Joined, null is the empty text as well.',
    ),
    change('sql', 'limit ${NEWEST})', cutAfterwards),
    change('sql', 'limit ${NEWEST})', cutAfterwards, { nth: 2 }),
    change('sql', 'limit ${NEWEST})', cutAfterwards, { nth: 3 }),
    change('sql', 'limit ${NEWEST}`.execute(db)', cutAfterwards),
    change('call', '.slice(0, limit)', cutAfterwards),
    change('sql', 'union all', nobodyTwice),
    change('sql', 'union all', nobodyTwice, { nth: 2 }),
    change('condition', 'if (rows.length === 0) await requireUser(db, userId)', asksInVain, { to: 'true' }),
  ],

  'app.ts': [
    ...inApp('app.use(requestLog(logger))'),
    change(
      'call',
      'app.use(databaseErrors)',
      'It speaks when Postgres is away, of which the brief says nothing.',
    ),
  ],

  'cache.ts': [
    change('boundary', 'const LEASE_SECONDS = 10', leaseEnds),
    change('boundary', 'const KEYS_AT_ONCE = 1_000', 'Redis takes many more keys at once.'),
    change('condition', "if (redis.status === 'ready') begin()", anOldCache),
    change('boundary', "if (redis.status === 'ready') begin()", anOldCache),
    change('call', "if (redis.status === 'ready') begin()", anOldCache),
    change(
      'condition',
      'return granted === token ? token : undefined',
      'Who has a token while Redis is away cannot use it.',
      { to: 'true' },
    ),
    change('await', 'await attempt(async () => {', oneConnection),
    change(
      'boundary',
      'for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {',
      'An error of Redis about no keys is swallowed like any other.',
      { to: '<=' },
    ),
    change(
      'call',
      'await redis.del(keys.slice(from, from + KEYS_AT_ONCE).flatMap(key => [key, leaseOf(key)]))',
      'All keys are deleted at once, and deleting one twice does nothing.',
      { to: '' },
    ),
  ],

  'cached-lists.ts': [
    change(
      'condition',
      "return after === undefined ? '+' : `(${after}`",
      'The text `undefined` sorts behind every position, as `+` does.',
      { to: 'false' },
    ),
    change(
      'redis',
      "redis.call('DEL', KEYS[1], KEYS[2])",
      'A list is filled when there is none, and a lease that is left ends by itself.',
    ),
    change(
      'await',
      'await cache.attempt(redis => redis.eval(fillList, 2, key, leaseOf(key), token, ttlSeconds, ...members))',
      oneConnection,
    ),
    change(
      'call',
      'return members.filter(member => after === undefined || member < after).slice(0, limit)',
      cutAfterwards,
      { from: '.slice(0, limit)' },
    ),
  ],

  'cached-feed.ts': [
    change(
      'boundary',
      "redis.eval(readFeed, 1, feedKey(userId), startOf(page), page.limit, END, postKey('')),",
      'A script that fails leaves the page to the other reads from Redis, which are slower.',
    ),
  ],

  'comments.ts': [
    change('sql', '.limit(page.limit)', cutAfterwards),
    change('condition', 'if (comments.length === 0) {', asksInVain, { to: 'true' }),
    change(
      'sql',
      'rows: sql`delete from comments using post where comments.id = ${id} and comments.post_id = post.id`,',
      'The post was looked up by the comment: it has no other.',
      { from: 'and comments.post_id = post.id' },
    ),
  ],

  'counters.ts': [
    change(
      'sql',
      'with post as (select id, user_id from posts where id = ${postId} for no key update),',
      'The lock keeps a like that is taken back from a deadlock with the deletion of its post, which the brief sends one after the other.',
      { from: 'for no key update' },
    ),
    change('await', 'await cache.drop([postKey(postId), activityKey(userId)])', oneConnection),
  ],

  'database.ts': [
    change(
      'condition',
      "throw violatedConstraint(error)?.endsWith('_fkey') ? new Problem(404) : error",
      'It speaks when Postgres fails otherwise, of which the brief says nothing.',
      { to: 'true' },
    ),
  ],

  'likes.ts': [
    change('condition', 'if (changed === 0) await requireUser(deps.db, userId)', asksInVain, { to: 'true' }),
  ],

  'feed.ts': [
    change('boundary', 'size: 200,', anySize),
    change('boundary', 'ttlSeconds: 600,', documentedAtMost, { to: '599' }),
    change(
      'sql',
      ".where('followeeId', '=', authorId)",
      'More feeds are forgotten than must be, and made anew.',
      { to: '' },
    ),
    change('sql', ".unionAll(db.selectNoFrom(sql<string>`${userId}::uuid`.as('userId')))", nobodyTwice, {
      to: 'union',
    }),
    change('sql', ".orderBy('posts.createdAt', 'desc')", idsInOrder, { to: '' }),
    change('sql', ".orderBy('posts.id', 'desc')", indexOrder, { to: '' }),
    change('sql', '.limit(page.limit)', cutAfterwards),
    change('sql', '.limit(page.limit)', cutAfterwards, { nth: 2 }),
    change('sql', ".orderBy('newest.createdAt', 'desc')", idsInOrder, { to: '' }),
  ],

  'follows.ts': [
    change('await', 'await cache.drop([feedKey(id), activityKey(otherId)])', oneConnection),
    change('await', 'await cache.drop([feedKey(id), activityKey(otherId)])', oneConnection, { nth: 2 }),
    change('condition', 'if (numDeletedRows === 0n) {', asksInVain, { to: 'true' }),
  ],

  'main.ts': inMain({
    settings: ['DATABASE_URL: z.string().min(1),', 'REDIS_URL: z.string().min(1),'],
    serve: 'await serve(app, {',
    close: ['redis.disconnect()', 'await pool.end()'],
  }),

  [migration]: [
    ...['users', 'follows', 'posts', 'likes', 'comments'].map(table =>
      change('await', `await table(db, '${table}')`, inOrder),
    ),
    ...indexes.map(line => change('await', line, inOrder)),
    // The other two are those that the report on the database is about.
    ...indexes.slice(2).map(line => change('call', line, onlySpeed)),
  ],

  'paging.ts': [
    change('boundary', 'const found = await load({ after, limit: limit + 1 })', cutAfterwards, { to: '2' }),
  ],

  'post-views.ts': [
    change('boundary', 'const TTL_SECONDS = 600', documentedAtMost, { to: '599' }),
    change('redis', "redis.call('DEL', KEYS[n + 1])", leaseEnds),
    change('condition', 'if (ids.length === 0) return []', swallowed, { to: 'false' }),
    change('boundary', 'if (ids.length === 0) return []', swallowed, { to: '(-1)' }),
    change(
      'call',
      'const absent = ids.filter((_, n) => !cached[n])',
      'Posts are read again that are cached. Feeds are read from the cache elsewhere.',
    ),
    change('condition', loaded, asksInVain, { to: 'true' }),
    ...['>=', '(-1)'].map(to => change('boundary', loaded, asksInVain, { to })),
    change(
      'sql',
      'const rows = await selectPosts(db).where(sql<boolean>`posts.id = any(${ids})`).execute()',
      onlySpeed,
      { to: '' },
    ),
    ...['>=', '(-1)'].map(to =>
      change('boundary', 'if (token !== undefined && posts.size > 0) {', 'Filling no posts does nothing.', {
        to,
      }),
    ),
    change(
      'await',
      'await cache.attempt(redis => redis.eval(fillPosts, keys.length, ...keys, ...fill))',
      oneConnection,
    ),
  ],

  'posts.ts': [
    change('await', 'await cache.drop(await feedsWith(db, writing.userId))', oneConnection),
    change(
      'await',
      'await cache.drop([postKey(id), activityKey(userId), ...(await feedsWith(db, userId))])',
      oneConnection,
    ),
    change('sql', ".orderBy('posts.id', 'desc')", indexOrder, { to: '' }),
    change('sql', '.limit(page.limit)', cutAfterwards),
    change('condition', 'if (posts.length === 0) await requireUser(db, id)', asksInVain, { to: 'true' }),
  ],
})
