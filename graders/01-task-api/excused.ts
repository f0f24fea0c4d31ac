import { change, excusesOf, inApp, inMain, reasons } from '../kit/common-excuses.js'
import type { Excuse } from '../kit/excuse.js'

const { cutAfterwards, inOrder, sameMillisecond, speaksOf503 } = reasons
const onlySpeed = 'Without its index a list is slower, and the brief asks for no speed.'
const looseDocument =
  'The brief asks the document for the answers: what it says of requests and lists may be looser.'
const anotherSort = 'The brief leaves open what a cursor gives when it comes back with another sort.'

const tidyCursor = (what: string) => `No ${what}, and a cursor that was changed is refused before.`

const indexes = [
  "await db.schema.createIndex('users_created_at').on('users').columns(['created_at', 'id']).execute()",
  "await db.schema.createIndex('users_name').on('users').columns(['name', 'id']).execute()",
  "await db.schema.createIndex('tasks_created_at').on('tasks').columns(['created_at', 'id']).execute()",
  "await db.schema.createIndex('tasks_title').on('tasks').columns(['title', 'id']).execute()",
  "await db.schema.createIndex('tasks_priority').on('tasks').columns(['priority', 'id']).execute()",
  "await db.schema.createIndex('tasks_user').on('tasks').columns(['user_id', 'created_at', 'id']).execute()",
]

export const excused: readonly Excuse[] = excusesOf({
  'app.ts': [...inApp('app.use(requestLog(logger))'), change('call', 'app.use(databaseErrors)', speaksOf503)],

  'main.ts': inMain({
    settings: ['DATABASE_URL: z.string().min(1),'],
    serve:
      'await serve(buildApp({ ...stores, logger }), { port: config.PORT, logger, close: () => pool.end() })',
    close: [],
  }),

  'openapi.ts': [
    change('condition', 'additionalProperties: false,', looseDocument),
    change(
      'condition',
      'const requestBody = (name: string) => ({ requestBody: { required: true, content: json(ref(name)) } })',
      looseDocument,
    ),
    change(
      'boundary',
      "inQuery('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),",
      looseDocument,
    ),
  ],

  // What only the document is made of.
  'task-store.ts': [
    change('boundary', 'user: z.strictObject({ id, name: line(100) }),', looseDocument, { to: '101' }),
  ],

  'paging.ts': [
    change('condition', 'if (cursor && cursor[0] !== sort) {', anotherSort, { to: 'false' }),
    change(
      'status',
      "throw new Problem(400, { errors: [{ field: 'cursor', message: 'belongs to another sort' }] })",
      anotherSort,
    ),
    change('boundary', 'limit: limit + 1,', cutAfterwards, { to: '2' }),
  ],

  'users.ts': [
    change(
      'boundary',
      "const pages = paging('users', { createdAt: z.iso.datetime(), name: line(100) })",
      tidyCursor('user has a longer name'),
      { to: '101' },
    ),
  ],

  'tasks.ts': [
    change(
      'boundary',
      "const pages = paging('tasks', { createdAt: z.iso.datetime(), title: line(200), priority })",
      tidyCursor('task has a longer title'),
      { to: '201' },
    ),
  ],

  'drizzle/task-store.ts': [change('sql', '.limit(page.limit)', cutAfterwards)],
  'drizzle/user-store.ts': [change('sql', '.limit(page.limit)', cutAfterwards)],
  'kysely/task-store.ts': [change('sql', '.limit(page.limit)', cutAfterwards)],
  'kysely/user-store.ts': [
    change('sql', '.limit(page.limit)', cutAfterwards),
    change(
      'sql',
      ".orderBy('id', page.direction)",
      'Postgres walks along an index on the sort key and the id, which holds this order anyway.',
    ),
  ],
  'drizzle/database.ts': [
    change(
      'sql',
      "export const nextUpdatedAt = sql`greatest(now(), updated_at + interval '1 millisecond')`",
      sameMillisecond,
      { to: '-' },
    ),
  ],
  'kysely/database.ts': [
    change(
      'sql',
      "export const nextUpdatedAt: RawBuilder<Date> = sql`greatest(now(), updated_at + interval '1 millisecond')`",
      sameMillisecond,
      { to: '-' },
    ),
  ],

  'migrations/0001-users-and-tasks.ts': [
    change('await', 'await db.schema', inOrder),
    change('await', 'await db.schema', inOrder, { nth: 2 }),
    change(
      'await',
      'await sql`create unique index users_email_key on users (lower(email))`.execute(db)',
      inOrder,
    ),
    ...indexes.flatMap(line => [change('await', line, inOrder), change('call', line, onlySpeed)]),
  ],
})
