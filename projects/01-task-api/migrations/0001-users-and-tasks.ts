import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('email', 'text', column => column.notNull())
    // Milliseconds, as a Date has them: a cursor made from what was read finds its place again.
    .addColumn('created_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .execute()

  await db.schema
    .createTable('tasks')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('description', 'text')
    .addColumn('status', 'text', column =>
      column.notNull().check(sql`status in ('todo', 'in_progress', 'done')`),
    )
    .addColumn('priority', 'integer', column => column.notNull().check(sql`priority between 1 and 5`))
    .addColumn('due_at', 'timestamptz(3)')
    .addColumn('user_id', 'uuid', column => column.notNull())
    .addForeignKeyConstraint('tasks_user_id_fkey', ['user_id'], 'users', ['id'], key =>
      key.onDelete('cascade'),
    )
    .addColumn('created_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .execute()

  await sql`create unique index users_email_key on users (lower(email))`.execute(db)
  // One index for each order of a list; the id makes every order complete.
  await db.schema.createIndex('users_created_at').on('users').columns(['created_at', 'id']).execute()
  await db.schema.createIndex('users_name').on('users').columns(['name', 'id']).execute()
  await db.schema.createIndex('tasks_created_at').on('tasks').columns(['created_at', 'id']).execute()
  await db.schema.createIndex('tasks_title').on('tasks').columns(['title', 'id']).execute()
  await db.schema.createIndex('tasks_priority').on('tasks').columns(['priority', 'id']).execute()
  await db.schema.createIndex('tasks_user').on('tasks').columns(['user_id', 'created_at', 'id']).execute()
}
