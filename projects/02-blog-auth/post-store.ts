import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { uuidv7 } from '../shared/uuid.js'
import type { Db } from './database.js'
import type { Page } from './paging.js'

interface PostDraft {
  readonly title: string
  readonly body: string
}

interface PostFilter {
  readonly published: boolean
  readonly authorId?: string | undefined
}

export type PostStore = ReturnType<typeof postStore>
export type Post = NonNullable<Awaited<ReturnType<PostStore['find']>>>

export function postStore(db: Db) {
  const find = (id: string) => selectPosts(db).where('posts.id', '=', id).executeTakeFirst()

  return {
    find,

    async create(draft: PostDraft & { authorId: string }) {
      const id = uuidv7()
      await db
        .insertInto('posts')
        .values({ id, ...draft, publishedAt: null })
        .execute()
      return await find(id)
    },

    list: ({ published, authorId }: PostFilter, { after, limit }: Page) =>
      selectPosts(db)
        .where('posts.publishedAt', published ? 'is not' : 'is', null)
        .$if(authorId !== undefined, query => query.where('posts.authorId', '=', authorId as string))
        .$if(after !== undefined, query => query.where('posts.id', '<', after as string))
        .orderBy('posts.id', 'desc')
        .limit(limit)
        .execute(),

    async update(id: string, changes: { title?: string | undefined; body?: string | undefined }) {
      // Later than before, also within one millisecond or after the clock was set back.
      const updatedAt = sql<Date>`greatest(now(), updated_at + interval '1 millisecond')`
      await db
        .updateTable('posts')
        .set({ ...changes, updatedAt })
        .where('id', '=', id)
        .execute()
      return await find(id)
    },

    async publish(id: string) {
      await db
        .updateTable('posts')
        .set({ publishedAt: sql`now()` })
        .where('id', '=', id)
        .where('publishedAt', 'is', null)
        .execute()
      return await find(id)
    },

    async delete(id: string): Promise<void> {
      await db.deleteFrom('posts').where('id', '=', id).execute()
    },
  }
}

function selectPosts(db: Db) {
  return db
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.authorId')
    .select(({ ref }) => [
      'posts.id',
      'title',
      'body',
      sql<'draft' | 'published'>`case when published_at is null then 'draft' else 'published' end`.as(
        'status',
      ),
      jsonBuildObject({ id: ref('users.id'), name: ref('users.name') }).as('author'),
      'posts.createdAt',
      'updatedAt',
      'publishedAt',
    ])
}
