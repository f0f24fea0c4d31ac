import { jsonBuildObject } from 'kysely/helpers/postgres'
import { violatedConstraint } from '../shared/postgres.js'
import { Problem } from '../shared/problem-details.js'
import { uuidv7 } from '../shared/uuid.js'
import type { Db } from './database.js'
import type { Page } from './paging.js'

interface CommentDraft {
  readonly postId: string
  readonly authorId: string
  readonly body: string
}

export type CommentStore = ReturnType<typeof commentStore>

export function commentStore(db: Db) {
  const find = (id: string) => selectComments(db).where('comments.id', '=', id).executeTakeFirst()

  return {
    find,

    async create(draft: CommentDraft) {
      const id = uuidv7()
      await db
        .insertInto('comments')
        .values({ id, ...draft })
        .execute()
        .catch(postGone)
      return await find(id)
    },

    list: (postId: string, { after, limit }: Page) =>
      selectComments(db)
        .where('postId', '=', postId)
        .$if(after !== undefined, query => query.where('comments.id', '>', after as string))
        .orderBy('comments.id')
        .limit(limit)
        .execute(),

    async delete(id: string): Promise<void> {
      await db.deleteFrom('comments').where('id', '=', id).execute()
    },
  }
}

function selectComments(db: Db) {
  return db
    .selectFrom('comments')
    .innerJoin('users', 'users.id', 'comments.authorId')
    .select(({ ref }) => [
      'comments.id',
      'postId',
      'body',
      jsonBuildObject({ id: ref('users.id'), name: ref('users.name') }).as('author'),
      'comments.createdAt',
    ])
}

// The post was there when its readers were checked; it may be deleted before the comment is written.
function postGone(error: unknown): never {
  throw violatedConstraint(error) === 'comments_post_id_fkey' ? new Problem(404) : error
}
