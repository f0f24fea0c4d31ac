import { defineMutants } from '../kit/rubric.js'
import { rubric } from './rubric.js'

const drizzle = { DATA_LAYER: 'drizzle' }

export const mutants = defineMutants(rubric, [
  // tasks-crud
  {
    id: 'patch-resets-what-is-left-out',
    breaks: 'tasks-crud',
    file: 'task-store.ts',
    find: 'taskChangesSchema = written.partial()',
    replace: 'taskChangesSchema = taskDraftSchema.partial()',
    because: 'PATCH reuses the schema of POST, so that the defaults overwrite what is not sent.',
  },
  {
    id: 'patch-nulls-what-is-left-out',
    breaks: 'tasks-crud',
    file: 'drizzle/task-store.ts',
    find: '.set({ ...changes, updatedAt: nextUpdatedAt })',
    replace: '.set({ description: null, dueAt: null, ...changes, updatedAt: nextUpdatedAt })',
    because: 'The UPDATE sets every column, with null for what the body does not have.',
    variant: drizzle,
  },
  {
    id: 'tie-less-cursor',
    breaks: 'tasks-crud',
    file: 'kysely/task-store.ts',
    find: `.where(isAfter('tasks', page))`,
    replace: `.$if(page.after !== undefined, query =>
          query.where(\`tasks.\${page.sortBy}\`, page.direction === 'asc' ? '>' : '<', page.after?.key as never),
        )`,
    because: `The cursor holds the sort key alone: tasks that share it with the last one are skipped.`,
  },
  {
    id: 'cursor-ignores-direction',
    breaks: 'tasks-crud',
    file: 'drizzle/task-store.ts',
    find: 'isAfter(tasks[page.sortBy], tasks.id, page)',
    replace: "isAfter(tasks[page.sortBy], tasks.id, { ...page, direction: 'asc' })",
    because: 'The next page always asks for larger keys, also when the order is descending.',
    variant: drizzle,
  },
  {
    id: 'oldest-first',
    breaks: 'tasks-crud',
    file: 'tasks.ts',
    find: `...pages.parameters,`,
    replace: `...pages.parameters,
  sort: z.string().default('createdAt').pipe(pages.parameters.sort.out),`,
    because: `Without \`sort\`, tasks come in the order in which they were made.`,
  },
  {
    id: 'second-filter-replaces-the-first',
    breaks: 'tasks-crud',
    file: 'tasks.ts',
    find: `page => tasks.list(query, page)`,
    replace: `page => tasks.list(query.status ? { status: query.status } : query, page)`,
    because: `With two filters only one of them counts.`,
  },
  {
    id: 'updated-at-untouched',
    breaks: 'tasks-crud',
    file: 'kysely/task-store.ts',
    find: '.set({ ...changes, updatedAt: nextUpdatedAt })',
    replace: ".set(({ ref }) => ({ ...changes, updatedAt: ref('tasks.updatedAt') }))",
    because: 'updated_at has a default, which only INSERT uses.',
  },
  {
    id: 'page-boundary-off-by-one',
    breaks: 'tasks-crud',
    file: 'paging.ts',
    find: 'const last = found.length > limit ? items.at(-1) : undefined',
    replace: 'const last = found.length >= limit ? items.at(-1) : undefined',
    because: 'A last page that is exactly full promises another one.',
  },
  {
    id: 'deleted-task-answers-twice',
    breaks: 'tasks-crud',
    file: 'kysely/task-store.ts',
    find: 'return numDeletedRows > 0n',
    replace: 'return numDeletedRows >= 0n',
    because: 'DELETE does not look at the number of rows that it deleted.',
  },
  {
    id: 'due-at-loses-its-offset',
    breaks: 'tasks-crud',
    file: 'fields.ts',
    find: 'const date = new Date(value)',
    replace: "const date = new Date(value.replace(/[+-]\\d\\d:\\d\\d$/, 'Z'))",
    because: 'The offset of a time is cut off instead of being counted in.',
  },
  {
    id: 'tables-made-anew-at-start',
    breaks: 'tasks-crud',
    file: '../shared/migrate.ts',
    find: `const { error } = await`,
    replace: `for (const table of ['tasks', 'users', 'kysely_migration', 'kysely_migration_lock']) {
      await db.schema.dropTable(table).ifExists().execute()
    }
    const { error } = await`,
    because: `The schema is dropped and made again whenever the server starts.`,
  },
  // users
  {
    id: 'user-patch-needs-both-fields',
    breaks: 'users',
    file: 'user-store.ts',
    find: 'userDraftSchema.partial()',
    replace:
      "userDraftSchema.partial().transform(({ name, email }) => ({ name: name ?? 'Unnamed', ...(email && { email }) }))",
    because: 'A PATCH without a name resets the name.',
  },
  {
    id: 'deleted-user-answers-twice',
    breaks: 'users',
    file: 'drizzle/user-store.ts',
    find: 'return rowCount === 1',
    replace: 'return rowCount !== null',
    because: 'DELETE does not look at the number of rows that it deleted.',
    variant: drizzle,
  },
  {
    id: 'name-not-trimmed',
    breaks: 'users',
    file: 'user-store.ts',
    find: '  name: line(100),\n  email',
    replace: '  name: z.string().regex(/^(?=[^]*\\S)[^\\0\\p{Surrogate}]{1,100}$/u),\n  email',
    because: 'White space around a name is saved.',
  },
  {
    id: 'users-sorted-by-time-only',
    breaks: 'users',
    file: 'kysely/user-store.ts',
    find: '.orderBy(page.sortBy, page.direction)',
    replace: ".orderBy('createdAt', page.direction)",
    because: '`sort=name` is accepted and has no effect.',
  },
  {
    id: 'patch-answers-as-before',
    breaks: 'users',
    file: 'users.ts',
    find: `ctx.body = found(await users.update(pathId(ctx), changes).catch(emailTaken))`,
    replace: `const before = await users.find(pathId(ctx))
    found(await users.update(pathId(ctx), changes).catch(emailTaken))
    ctx.body = before`,
    because: `PATCH answers with the user that it read before the change.`,
  },
  // validation
  {
    id: 'only-the-first-bad-field',
    breaks: 'validation',
    file: '../shared/parsing.ts',
    find: 'return error.issues.flatMap(issue =>',
    replace: 'return error.issues.slice(0, 1).flatMap(issue =>',
    because: 'Validation stops at the first mistake.',
  },
  {
    id: 'priority-from-text',
    breaks: 'validation',
    file: 'task-store.ts',
    find: `priority: priority.default(3),`,
    replace: `priority: z.union([priority, z.string().regex(/^[1-5]$/).transform(Number)]).default(3),`,
    because: `Texts are converted to numbers.`,
  },
  {
    id: 'title-limit-off-by-one',
    breaks: 'validation',
    file: 'task-store.ts',
    find: 'title: line(200),',
    replace: 'title: line(201),',
    because: 'The limit of a text is tested with <= 201.',
  },
  {
    id: 'limit-off-by-one',
    breaks: 'validation',
    file: 'paging.ts',
    find: '/^([1-9]\\d?|100)$/',
    replace: '/^([1-9]\\d?|10[01])$/',
    because: 'limit=101 is let through.',
  },
  {
    id: 'unknown-fields-ignored',
    breaks: 'validation',
    file: 'task-store.ts',
    find: 'taskChangesSchema = written.partial()',
    replace: 'taskChangesSchema = written.partial().strip()',
    because: 'Fields that a client may not write are silently dropped.',
  },
  {
    id: 'any-cursor-taken',
    breaks: 'validation',
    file: 'paging.ts',
    find: ".pipe(z.union(positions, 'is not a cursor of this list'))",
    replace: '.pipe(z.union(positions).optional().catch(undefined))',
    because: 'A cursor that cannot be read gives the first page.',
  },
  {
    id: 'validated-after-the-write',
    breaks: 'validation',
    file: 'users.ts',
    find: `const changes = parseBody(userChangesSchema, ctx.request.body)`,
    replace: `const early = line(100).safeParse(Object(ctx.request.body).name)
    if (early.success) await users.update(pathId(ctx), { name: early.data })
    const changes = parseBody(userChangesSchema, ctx.request.body)`,
    because: `Each field is written as soon as it was looked at; the next one may still be refused.`,
  },
  {
    id: 'sql-by-concatenation',
    breaks: 'validation',
    file: 'kysely/database.ts',
    find: `is distinct from \${value}`,
    replace: `is distinct from \${typeof value === 'string' ? sql.raw(\`'\${value}'\`) : value}`,
    because: `A text becomes part of the statement.`,
  },
  {
    id: 'rolls-over-into-march',
    breaks: 'validation',
    file: 'fields.ts',
    find: 'z.codec(z.iso.datetime({ offset: true }), z.date(), {',
    replace:
      'z.codec(z.string().regex(/^\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-5]\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$/).refine(text => !Number.isNaN(Date.parse(text))), z.date(), {',
    because: 'The parser of times takes the 30th of February for the 2nd of March.',
  },
  // errors
  {
    id: 'odd-id-is-500',
    breaks: 'errors',
    file: '../shared/uuid-ids.ts',
    find: 'if (!parsed.success) throw new Problem(404)\n  return parsed.data',
    replace:
      'if (!parsed.success && !/^\\w+$/.test(String(params.id))) throw new Problem(404)\n  return String(params.id)',
    because: 'Any text is handed to the database as an id, which refuses it.',
  },
  {
    id: 'stack-trace-leaves-the-server',
    breaks: 'errors',
    file: 'app.ts',
    find: `app.use(problemDetails(logger))`,
    replace: `app.use(async (ctx, next) => {
    await next()
    if (ctx.status < 500) return
    ctx.body = { ...Object(ctx.body), detail: new Error('connect ECONNREFUSED').stack }
    ctx.type = 'application/problem+json'
  })
  app.use(problemDetails(logger))`,
    because: `The stack trace of an error is sent to the client.`,
  },
  {
    id: 'unknown-path-in-plain-text',
    breaks: 'errors',
    file: 'app.ts',
    find: 'app.use(noRoute(router))',
    replace: `app.use(async (ctx, next) => {
    if (router.match(ctx.path, ctx.method).path.length > 0) await next()
  })
  app.use(noRoute(router))`,
    because: "The framework's own 404 answers unknown paths.",
  },
  {
    id: 'pool-error-ends-the-process',
    breaks: 'errors',
    file: 'main.ts',
    find: 'const pool = createPool(config.DATABASE_URL, logger)',
    replace: `const pool = createPool(config.DATABASE_URL, logger)
pool.on('error', error => setImmediate(() => process.exit(1)))`,
    because: 'Nobody listens to the error of an idle connection, and Node ends the process.',
  },
  {
    id: 'large-body-is-500',
    breaks: 'errors',
    file: 'app.ts',
    find: 'app.use(databaseErrors)',
    replace: `app.use(databaseErrors)
  app.use(async (ctx, next) => {
    if (Number(ctx.get('content-length')) > 102_400) throw new Error('request entity too large')
    await next()
  })`,
    because: "The body parser's error has no handler.",
  },
  {
    id: 'errors-are-plain-json',
    breaks: 'errors',
    file: 'app.ts',
    find: 'app.use(requestLog(logger))',
    replace: `app.use(requestLog(logger))
  app.use(async (ctx, next) => {
    await next()
    if (ctx.status === 422) ctx.type = 'application/json'
  })`,
    because: 'Validation errors go out with res.json, not through the error handler.',
  },
  // relations
  {
    id: 'delete-leaves-orphans',
    breaks: 'relations',
    file: 'migrations/0001-users-and-tasks.ts',
    find: `.addColumn('user_id', 'uuid', column => column.notNull())
    .addForeignKeyConstraint('tasks_user_id_fkey', ['user_id'], 'users', ['id'], key =>
      key.onDelete('cascade'),`,
    replace: `.addColumn('user_id', 'uuid')
    .addForeignKeyConstraint('tasks_user_id_fkey', ['user_id'], 'users', ['id'], key =>
      key.onDelete('set null'),`,
    because: `Tasks of a deleted user stay behind without an owner.`,
  },
  {
    id: 'query-per-row',
    breaks: 'relations',
    file: 'drizzle/task-store.ts',
    find: '.limit(page.limit)',
    replace:
      '.limit(page.limit)\n        .then(found => Promise.all(found.map(async task => (await find(task.id)) ?? task)))',
    because: 'A list asks once for its rows and once more for each of them.',
    variant: drizzle,
  },
  {
    id: 'user-tasks-without-filter',
    breaks: 'relations',
    file: 'tasks.ts',
    find: 'const filter = { status, userId: userId === undefined || userId === owner ? owner : NOBODY }',
    replace: 'const filter = { userId: userId === undefined || userId === owner ? owner : NOBODY }',
    because: '/users/:id/tasks ignores the filters of /tasks.',
  },
  {
    id: 'tasks-of-nobody-are-an-empty-list',
    breaks: 'relations',
    file: 'tasks.ts',
    find: 'const owner = found(await users.find(pathId(ctx))).id',
    replace: 'const owner = pathId(ctx)',
    because: 'A user who does not exist has no tasks: an empty list, not a 404.',
  },
  {
    id: 'owner-shown-as-before',
    breaks: 'relations',
    file: 'tasks.ts',
    find: `ctx.body = found(await tasks.update(pathId(ctx), changes).catch(ownerGone))`,
    replace: `const before = await tasks.find(pathId(ctx))
    const after = found(await tasks.update(pathId(ctx), changes).catch(ownerGone))
    ctx.body = { ...after, user: before?.user ?? after.user }`,
    because: `The owner was read before \`userId\` changed.`,
  },
  // status-codes
  {
    id: 'create-answers-200',
    breaks: 'status-codes',
    file: 'tasks.ts',
    find: 'ctx.status = 201',
    replace: 'ctx.status = 200',
    because: 'Creating answers like reading.',
  },
  {
    id: 'no-location',
    breaks: 'status-codes',
    file: 'users.ts',
    find: "ctx.set('Location', ",
    replace: "ctx.set('Content-Location', ",
    because: 'Nothing says where the new user is.',
  },
  {
    id: 'delete-answers-200',
    breaks: 'status-codes',
    file: 'tasks.ts',
    find: 'ctx.status = 204',
    replace: 'ctx.body = { deleted: true }',
    because: 'Deleting answers with a body.',
  },
  {
    id: 'missing-allow',
    breaks: 'status-codes',
    file: 'app.ts',
    find: 'app.use(problemDetails(logger))',
    replace: `app.use(async (ctx, next) => {
    await next()
    ctx.remove('Allow')
  })
  app.use(problemDetails(logger))`,
    because: '405 does not say which methods there are.',
  },
  {
    id: 'wrong-method-is-404',
    breaks: 'status-codes',
    file: 'app.ts',
    find: `noRoute(router)`,
    replace: `noRoute(new Router())`,
    because: `A known path with another method is taken for an unknown path.`,
  },
  {
    id: 'email-is-case-sensitive',
    breaks: 'status-codes',
    file: 'migrations/0001-users-and-tasks.ts',
    find: 'on users (lower(email))',
    replace: 'on users (email)',
    because: 'ADA@example.com and ada@example.com are two users.',
  },
  {
    id: 'check-then-insert',
    breaks: 'status-codes',
    file: 'migrations/0001-users-and-tasks.ts',
    find: `await sql\`create unique index users_email_key on users (lower(email))\`.execute(db)`,
    replace: `await sql\`create unique index users_email_key on users (lower(email), (id::text))\`.execute(db)
  await sql\`
    create function refuse_known_email() returns trigger language plpgsql as $$
    begin
      if exists (select from users where lower(email) = lower(new.email) and id <> new.id) then
        raise unique_violation using constraint = 'users_email_key';
      end if;
      perform pg_sleep(0.05);
      return new;
    end $$\`.execute(db)
  await sql\`create trigger known_email before insert or update of email on users
    for each row execute function refuse_known_email()\`.execute(db)`,
    because: `Duplicates are looked for before the insert, and two requests at once find none.`,
  },
  {
    id: 'own-email-is-taken',
    breaks: 'status-codes',
    file: 'drizzle/user-store.ts',
    find: '    async update(id, changes) {',
    replace: `    async update(id, changes) {
      const [taken] = changes.email ? await db.select().from(users).where(eq(users.email, changes.email)) : []
      if (taken) await db.insert(users).values({ ...taken, id: uuidv7() })`,
    because: 'The search for duplicates finds the user itself.',
    variant: drizzle,
  },
  // api-docs
  {
    id: 'undocumented-status',
    breaks: 'api-docs',
    file: 'openapi.ts',
    find: "delete: answers(deleted, 404),\n    },\n    '/users/{id}/tasks'",
    replace: "delete: answers(deleted),\n    },\n    '/users/{id}/tasks'",
    because: 'The document forgets that a user may not be there.',
  },
  {
    id: 'schema-of-anything',
    breaks: 'api-docs',
    file: 'openapi.ts',
    find: 'Task: component(taskSchema),',
    replace: "Task: { type: 'object' },",
    because: 'The schema of a task says that it is an object.',
  },
  {
    id: 'collection-lacks-a-route',
    breaks: 'api-docs',
    file: 'docs/postman_collection.json',
    find: `"name": "Read a task",
          "request": {
            "method": "GET",
            "url": {
              "raw": "{{baseUrl}}/tasks/{{taskId}}"`,
    replace: `"name": "Read a task",
          "request": {
            "method": "GET",
            "url": {
              "raw": "{{baseUrl}}/tasks"`,
    because: `The collection was exported before the last route was written.`,
  },
  // schema-design
  {
    id: 'diagram-lacks-a-column',
    breaks: 'schema-design',
    file: 'docs/schema.md',
    find: '        timestamptz due_at\n',
    replace: '',
    because: 'A column was added later and not drawn.',
  },
  {
    id: 'diagram-type-of-the-code',
    breaks: 'schema-design',
    file: 'docs/schema.md',
    find: 'integer priority',
    replace: 'number priority',
    because: 'The types are those of the programming language.',
  },
  {
    id: 'diagram-without-foreign-key',
    breaks: 'schema-design',
    file: 'docs/schema.md',
    find: 'uuid user_id FK',
    replace: 'uuid user_id',
    because: 'The diagram does not mark the foreign key.',
  },
  {
    id: 'diagram-one-to-one',
    breaks: 'schema-design',
    file: 'docs/schema.md',
    find: 'users ||--o{ tasks : owns',
    replace: 'users ||--|| tasks : owns',
    because: 'Each user is drawn with exactly one task.',
  },
  {
    id: 'column-not-drawn',
    breaks: 'schema-design',
    file: 'migrations/0001-users-and-tasks.ts',
    find: ".addColumn('description', 'text')",
    replace: ".addColumn('description', 'text')\n    .addColumn('notes', 'text')",
    because: 'A migration added a column that the diagram does not have.',
    variant: drizzle,
  },
])
