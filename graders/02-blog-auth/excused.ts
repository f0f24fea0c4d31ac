import { change, excusesOf, inApp, inMain, reasons } from '../kit/common-excuses.js'
import type { Excuse } from '../kit/excuse.js'

const { cutAfterwards, inOrder, onlySpeed, sameMillisecond, speaksOf503 } = reasons
const sentBefore = 'The statement is sent before the answer, and the next request hardly ever overtakes it.'
const tidiesUp = 'It deletes expired tokens, which are good for nothing, there or not.'
const bytesEnough = 'Nobody guesses 31 random bytes either.'
const raceForThePost = 'The post would have to be deleted between two statements of one request.'

const migration = 'migrations/0001-blog.ts'

const indexes = [
  "await db.schema.createIndex('refresh_tokens_family').on('refresh_tokens').column('family_id').execute()",
  "await db.schema.createIndex('refresh_tokens_user').on('refresh_tokens').column('user_id').execute()",
  'await sql`create index posts_published on posts (id) where published_at is not null`.execute(db)',
  'await sql`create index posts_drafts on posts (id) where published_at is null`.execute(db)',
  "await db.schema.createIndex('posts_author').on('posts').columns(['author_id', 'id']).execute()",
  "await db.schema.createIndex('comments_post').on('comments').columns(['post_id', 'id']).execute()",
  "await db.schema.createIndex('comments_author').on('comments').column('author_id').execute()",
]

export const excused: readonly Excuse[] = excusesOf({
  'app.ts': [...inApp('app.use(requestLog(logger))'), change('call', 'app.use(databaseErrors)', speaksOf503)],

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
    change('call', 'setCookie(ctx, null)', 'The brief asks that the session ends, not that the cookie goes.'),
    change(
      'boundary',
      '...(sid && { maxAge: SESSION_LIFETIME_S * 1000 }),',
      'How long the browser keeps the cookie is up to the server: the session ends in Redis.',
    ),
  ],

  'main.ts': inMain({
    settings: [
      'DATABASE_URL: z.string().min(1),',
      'REDIS_URL: z.string().min(1),',
      "JWT_SECRET: z.string().min(32, 'must have at least 32 characters'),",
    ],
    serve: 'await serve(app, {',
    close: ['redis.disconnect()', 'await pool.end()'],
  }),

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
      { to: '-' },
    ),
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
    change('await', 'await db', sentBefore, { nth: 3 }),
  ],

  'sessions.ts': [change('boundary', "const id = randomBytes(32).toString('base64url')", bytesEnough)],

  'user-store.ts': [change('sql', '.limit(limit)', cutAfterwards)],
})
