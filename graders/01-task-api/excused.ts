import type { Excuse } from '../kit/excuse.js'

const migration = 'migrations/0001-users-and-tasks.ts'
const goodSettings = 'Whoever starts the server gives it a port and an address that are good.'
const cutAfterwards =
  'Pages are cut to their length afterwards: more rows than needed are read, and none of them is seen.'
const inOrder =
  'On the one connection of the migration, statements run in the order in which they were begun.'
const onlySpeed = 'Without its index a list is slower, and the brief asks for no speed.'
const looseDocument =
  'The brief asks the document for the answers: what it says of requests and lists may be looser.'
const sameMillisecond = 'It matters within one millisecond only, or after the clock was set back.'

export const excused: readonly Excuse[] = [
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
    because: 'Without it the answer is 500 in the place of 503, and the brief allows both.',
  },

  // main.ts
  {
    file: 'main.ts',
    line: 'PORT: z.coerce.number().int().min(1).max(65_535),',
    rule: 'call',
    because: goodSettings,
  },
  {
    file: 'main.ts',
    line: 'PORT: z.coerce.number().int().min(1).max(65_535),',
    rule: 'boundary',
    because: goodSettings,
  },
  { file: 'main.ts', line: 'DATABASE_URL: z.string().min(1),', rule: 'call', because: goodSettings },
  { file: 'main.ts', line: 'DATABASE_URL: z.string().min(1),', rule: 'boundary', because: goodSettings },
  {
    file: 'main.ts',
    line: 'await serve(buildApp({ ...stores, logger }), { port: config.PORT, logger, close: () => pool.end() })',
    rule: 'await',
    because: 'Nothing comes after it, and a rejection ends the process either way.',
  },

  // openapi.ts, and what only the document is made of
  { file: 'openapi.ts', line: 'additionalProperties: false,', rule: 'condition', because: looseDocument },
  {
    file: 'openapi.ts',
    line: 'const requestBody = (name: string) => ({ requestBody: { required: true, content: json(ref(name)) } })',
    rule: 'condition',
    because: looseDocument,
  },
  {
    file: 'openapi.ts',
    line: "inQuery('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),",
    rule: 'boundary',
    because: looseDocument,
  },
  {
    file: 'task-store.ts',
    line: 'user: z.strictObject({ id, name: line(100) }),',
    rule: 'boundary',
    to: '101',
    because: looseDocument,
  },

  // paging.ts, tasks.ts, users.ts
  {
    file: 'paging.ts',
    line: 'if (cursor && cursor[0] !== sort) {',
    rule: 'condition',
    to: 'false',
    because: 'The brief leaves open what a cursor gives when it comes back with another sort.',
  },
  {
    file: 'paging.ts',
    line: "throw new Problem(400, { errors: [{ field: 'cursor', message: 'belongs to another sort' }] })",
    rule: 'status',
    because: 'The brief leaves open what a cursor gives when it comes back with another sort.',
  },
  { file: 'paging.ts', line: 'limit: limit + 1,', rule: 'boundary', to: '2', because: cutAfterwards },
  {
    file: 'users.ts',
    line: "const pages = paging('users', { createdAt: z.iso.datetime(), name: line(100) })",
    rule: 'boundary',
    to: '101',
    because: 'No user has a longer name, and a cursor that was changed is refused before.',
  },
  {
    file: 'tasks.ts',
    line: "const pages = paging('tasks', { createdAt: z.iso.datetime(), title: line(200), priority })",
    rule: 'boundary',
    to: '201',
    because: 'No task has a longer title, and a cursor that was changed is refused before.',
  },

  // drizzle/ and kysely/
  ...['drizzle', 'kysely'].flatMap((layer): Excuse[] => [
    {
      file: `${layer}/task-store.ts`,
      line: '.limit(page.limit)',
      rule: 'sql',
      because: cutAfterwards,
    },
    {
      file: `${layer}/user-store.ts`,
      line: '.limit(page.limit)',
      rule: 'sql',
      because: cutAfterwards,
    },
  ]),
  {
    file: 'kysely/user-store.ts',
    line: ".orderBy('id', page.direction)",
    rule: 'sql',
    because: 'Postgres walks along an index on the sort key and the id, which holds this order anyway.',
  },
  {
    file: 'drizzle/database.ts',
    line: "export const nextUpdatedAt = sql`greatest(now(), updated_at + interval '1 millisecond')`",
    rule: 'sql',
    to: '-',
    because: sameMillisecond,
  },
  {
    file: 'kysely/database.ts',
    line: "export const nextUpdatedAt: RawBuilder<Date> = sql`greatest(now(), updated_at + interval '1 millisecond')`",
    rule: 'sql',
    to: '-',
    because: sameMillisecond,
  },

  // migrations/
  { file: migration, line: 'await db.schema', rule: 'await', because: inOrder },
  { file: migration, line: 'await db.schema', nth: 2, rule: 'await', because: inOrder },
  {
    file: migration,
    line: 'await sql`create unique index users_email_key on users (lower(email))`.execute(db)',
    rule: 'await',
    because: inOrder,
  },
  ...[
    "await db.schema.createIndex('users_created_at').on('users').columns(['created_at', 'id']).execute()",
    "await db.schema.createIndex('users_name').on('users').columns(['name', 'id']).execute()",
    "await db.schema.createIndex('tasks_created_at').on('tasks').columns(['created_at', 'id']).execute()",
    "await db.schema.createIndex('tasks_title').on('tasks').columns(['title', 'id']).execute()",
    "await db.schema.createIndex('tasks_priority').on('tasks').columns(['priority', 'id']).execute()",
    "await db.schema.createIndex('tasks_user').on('tasks').columns(['user_id', 'created_at', 'id']).execute()",
  ].flatMap((line): Excuse[] => [
    { file: migration, line, rule: 'await', because: inOrder },
    { file: migration, line, rule: 'call', because: onlySpeed },
  ]),
]
