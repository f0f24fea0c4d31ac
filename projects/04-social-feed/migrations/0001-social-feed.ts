import { type CreateTableBuilder, type Kysely, sql } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await table(db, 'users')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('name', 'text', column => column.notNull())
    .execute()

  await table(db, 'follows')
    .addColumn('follower_id', 'uuid', column => column.references('users.id').notNull())
    .addColumn('followee_id', 'uuid', column => column.references('users.id').notNull())
    .addPrimaryKeyConstraint('follows_pkey', ['follower_id', 'followee_id'])
    .addCheckConstraint('follows_not_self', sql`follower_id <> followee_id`)
    .execute()

  await table(db, 'posts')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('user_id', 'uuid', column => column.references('users.id').notNull())
    .addColumn('text', 'text', column => column.notNull())
    .addColumn('like_count', 'integer', column => column.notNull().defaultTo(0))
    .addColumn('comment_count', 'integer', column => column.notNull().defaultTo(0))
    .execute()

  await table(db, 'likes')
    .addColumn('post_id', 'uuid', column => column.references('posts.id').onDelete('cascade').notNull())
    .addColumn('user_id', 'uuid', column => column.references('users.id').notNull())
    .addPrimaryKeyConstraint('likes_pkey', ['post_id', 'user_id'])
    .execute()

  await table(db, 'comments')
    .addColumn('id', 'uuid', column => column.primaryKey())
    .addColumn('post_id', 'uuid', column => column.references('posts.id').onDelete('cascade').notNull())
    .addColumn('user_id', 'uuid', column => column.references('users.id').notNull())
    .addColumn('text', 'text', column => column.notNull())
    .addColumn('idempotency_key', 'text')
    .addUniqueConstraint('comments_idempotency_key', ['post_id', 'user_id', 'idempotency_key'])
    .execute()

  // The newest of an author, of a post, of a user: each is read from the end of one index.
  const index = (name: string) => db.schema.createIndex(name)
  await index('posts_of_user').on('posts').columns(['user_id', 'created_at', 'id']).execute()
  await index('comments_of_post').on('comments').columns(['post_id', 'created_at', 'id']).execute()
  await index('likes_of_post').on('likes').columns(['post_id', 'created_at']).execute()
  await index('followers_of_user').on('follows').columns(['followee_id', 'created_at']).execute()
}

/** A table whose rows know when they were made, to the millisecond, as texts and cursors have it. */
function table(db: Kysely<never>, name: string): CreateTableBuilder<string, 'created_at'> {
  return db.schema
    .createTable(name)
    .addColumn('created_at', 'timestamptz(3)', column => column.notNull().defaultTo(sql`now()`))
}
