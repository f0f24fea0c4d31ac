import type { Excuse } from '../kit/excuse.js'

const goodSettings = 'Whoever starts the server gives it a port, addresses and a secret that are good.'
const cutAfterwards = 'What is too much is cut off afterwards, and none of it is seen.'
const inOrder =
  'On the one connection of the migration, statements run in the order in which they were begun.'
const onlySpeed = 'It is slower, which only the performance row can tell.'
const endsAnyway = 'The process ends right after it.'
const sentBefore =
  'The statement is sent before those of the next request; only a failure of Postgres in between would tell.'
const sameMillisecond = 'It matters within one millisecond only, or after the clock was set back.'
const tidiesUp = 'It deletes expired tokens, which are good for nothing, there or not.'
const bytesEnough = 'Nobody guesses 31 random bytes either.'
const raceForThePost = 'The post would have to be deleted between two statements of one request.'

const migration = 'migrations/0001-blog.ts'

const change = (
  rule: Excuse['rule'],
  line: string,
  because: string,
  only: Pick<Excuse, 'from' | 'to' | 'nth'> = {},
) => ({ line, rule, because, ...only })

const indexes = [
  "await db.schema.createIndex('refresh_tokens_family').on('refresh_tokens').column('family_id').execute()",
  "await db.schema.createIndex('refresh_tokens_user').on('refresh_tokens').column('user_id').execute()",
  'await sql`create index posts_published on posts (id) where published_at is not null`.execute(db)',
  'await sql`create index posts_drafts on posts (id) where published_at is null`.execute(db)',
  "await db.schema.createIndex('posts_author').on('posts').columns(['author_id', 'id']).execute()",
  "await db.schema.createIndex('comments_post').on('comments').columns(['post_id', 'id']).execute()",
  "await db.schema.createIndex('comments_author').on('comments').column('author_id').execute()",
]

const excuses: Readonly<Record<string, readonly Omit<Excuse, 'file'>[]>> = {
  'app.ts': [
    change(
      'condition',
      'const router = new Router({ strict: true, sensitive: true })',
      'The brief leaves open whether a path may end in a slash or be written in capitals.',
    ),
    change('call', 'app.use(requestLog(logger))', 'Nobody outside reads the log of requests.'),
    change(
      'call',
      'app.use(databaseErrors)',
      'Without it the answer is 500 in the place of 503, and the brief allows both.',
    ),
  ],

  'comment-store.ts': [
    change('call', '.catch(postGone)', raceForThePost),
    ...(['condition', 'boundary', 'status'] as const).map(rule =>
      change(
        rule,
        "throw violatedConstraint(error) === 'comments_post_id_fkey' ? new Problem(404) : error",
        raceForThePost,
      ),
    ),
    change('sql', '.limit(limit)', cutAfterwards),
    change('await', "await db.deleteFrom('comments').where('id', '=', id).execute()", sentBefore),
  ],

  'comments.ts': [change('await', 'await comments.delete(comment.id)', sentBefore)],

  'login.ts': [
    change('await', 'await endFamily(db, parseBody(refresh, ctx.request.body).refreshToken)', sentBefore),
    change(
      'await',
      'await endSession(ctx)',
      'On the one connection to Redis, the deletion runs before what starts the next session.',
    ),
    change('call', 'setCookie(ctx, null)', 'The brief asks that the session ends, not that the cookie goes.'),
    change(
      'boundary',
      '...(sid && { maxAge: SESSION_LIFETIME_S * 1000 }),',
      'How long the browser keeps the cookie is up to the server: the session ends in Redis.',
    ),
  ],

  'main.ts': [
    ...(['call', 'boundary'] as const).flatMap(rule =>
      [
        'PORT: z.coerce.number().int().min(1).max(65_535),',
        'DATABASE_URL: z.string().min(1),',
        'REDIS_URL: z.string().min(1),',
        "JWT_SECRET: z.string().min(32, 'must have at least 32 characters'),",
      ].map(line => change(rule, line, goodSettings)),
    ),
    change(
      'await',
      'await serve(app, {',
      'Nothing comes after it, and a rejection ends the process either way.',
    ),
    change('call', 'redis.disconnect()', endsAnyway),
    change('await', 'await pool.end()', endsAnyway),
    change('call', 'await pool.end()', endsAnyway),
  ],

  [migration]: [
    ...[1, 2, 3, 4].map(nth => change('await', 'await db.schema', inOrder, { nth })),
    change(
      'await',
      'await sql`create unique index users_email_key on users (lower(email))`.execute(db)',
      inOrder,
    ),
    ...indexes.flatMap(line => [change('await', line, inOrder), change('call', line, onlySpeed)]),
    ...indexes.slice(2, 4).map(line => change('sql', line, onlySpeed)),
  ],

  'paging.ts': [
    change('boundary', 'const found = await load({ after: cursor, limit: limit + 1 })', cutAfterwards, {
      to: '2',
    }),
  ],

  'post-store.ts': [
    change('sql', '.limit(limit)', cutAfterwards),
    change(
      'sql',
      "const updatedAt = sql<Date>`greatest(now(), updated_at + interval '1 millisecond')`",
      sameMillisecond,
      { to: 'least' },
    ),
    change(
      'sql',
      "const updatedAt = sql<Date>`greatest(now(), updated_at + interval '1 millisecond')`",
      sameMillisecond,
      { to: '-' },
    ),
    change('await', 'await db', sentBefore, { nth: 2 }),
    change('await', 'await db', sentBefore, { nth: 3 }),
    change('await', "await db.deleteFrom('posts').where('id', '=', id).execute()", sentBefore),
  ],

  'posts.ts': [change('await', 'await posts.delete(id)', sentBefore)],

  'refresh-tokens.ts': [
    change('await', 'await db', tidiesUp),
    change('call', 'await db', tidiesUp),
    change('sql', ".where('userId', '=', userId)", tidiesUp),
    change('sql', ".where('expiresAt', '<', sql<Date>`now()`)", tidiesUp, { to: "'<='" }),
    change('sql', ".where('expiresAt', '>', sql<Date>`now()`)", sameMillisecond, { to: "'>='" }),
    change('await', 'if (!rotated) await endFamily(db, token)', sentBefore),
    change('boundary', "const token = randomBytes(32).toString('base64url')", bytesEnough),
    change('await', 'await db', sentBefore, { nth: 2 }),
    change('await', 'await db', sentBefore, { nth: 3 }),
  ],

  'sessions.ts': [change('boundary', "const id = randomBytes(32).toString('base64url')", bytesEnough)],

  'user-store.ts': [
    change('sql', '.limit(limit)', cutAfterwards),
    change(
      'condition',
      "if (violatedConstraint(error) !== 'users_email_key') throw error",
      'It speaks when Postgres fails while somebody registers, of which the brief says nothing.',
      { to: 'false' },
    ),
  ],
}

export const excused: readonly Excuse[] = Object.entries(excuses).flatMap(([file, changes]) =>
  changes.map(one => ({ file, ...one })),
)
