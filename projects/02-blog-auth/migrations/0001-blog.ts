import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('email', 'text', column => column.notNull())
    .addColumn('role', 'text', column =>
      column.notNull().defaultTo('viewer').check(sql`role in ('viewer', 'editor', 'admin')`),
    )
    .addColumn('password_hash', 'text', column => column.notNull())
    .addColumn('created_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .execute()
  await sql`create unique index users_email_key on users (lower(email))`.execute(db)

  // Only a hash of each token: whoever reads this table can use none of them.
  await db.schema
    .createTable('refresh_tokens')
    .addColumn('hash', 'bytea', column => column.primaryKey())
    .addColumn('family_id', 'uuid', column => column.notNull())
    .addColumn('user_id', 'uuid', column => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('expires_at', 'timestamptz', column => column.notNull())
    .addColumn('used_at', 'timestamptz')
    .execute()
  await db.schema.createIndex('refresh_tokens_family').on('refresh_tokens').column('family_id').execute()
  await db.schema.createIndex('refresh_tokens_user').on('refresh_tokens').column('user_id').execute()

  // Ids are UUIDs of version 7: their order is that of creation, and lists need no other.
  await db.schema
    .createTable('posts')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('author_id', 'uuid', column => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('title', 'text', column => column.notNull())
    .addColumn('body', 'text', column => column.notNull())
    .addColumn('created_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .addColumn('published_at', 'timestamptz(3)')
    .execute()
  await sql`create index posts_published on posts (id) where published_at is not null`.execute(db)
  await sql`create index posts_drafts on posts (id) where published_at is null`.execute(db)
  await db.schema.createIndex('posts_author').on('posts').columns(['author_id', 'id']).execute()

  await db.schema
    .createTable('comments')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('post_id', 'uuid', column => column.notNull().references('posts.id').onDelete('cascade'))
    .addColumn('author_id', 'uuid', column => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('body', 'text', column => column.notNull())
    .addColumn('created_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
    .execute()
  await db.schema.createIndex('comments_post').on('comments').columns(['post_id', 'id']).execute()
  await db.schema.createIndex('comments_author').on('comments').column('author_id').execute()
}
