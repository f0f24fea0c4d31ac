import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody, parseQuery } from '../shared/parsing.js'
import { found, Problem } from '../shared/problem-details.js'
import { pathId } from '../shared/uuid-ids.js'
import type { CommentStore } from './comment-store.js'
import { text } from './fields.js'
import type { Guards, Identified, SignedIn } from './guards.js'
import { paged, pageQuery } from './paging.js'
import { mayDeleteComment } from './permissions.js'
import type { PostStore } from './post-store.js'
import { getReadable } from './posts.js'

const draft = z.strictObject({ body: text(2_000) })
const listQuery = z.object(pageQuery)

interface Deps extends Guards {
  readonly comments: CommentStore
  readonly posts: PostStore
}

export function routeComments(router: RouterInstance, { comments, posts, identify, signedIn }: Deps): void {
  router.post<SignedIn>('/posts/:id/comments', signedIn, jsonBody, async ctx => {
    const { id: postId } = await getReadable(posts, ctx)
    const { body } = parseBody(draft, ctx.request.body)
    ctx.body = await comments.create({ postId, authorId: ctx.state.user.id, body })
    ctx.status = 201
  })

  router.get<Identified>('/posts/:id/comments', identify, async ctx => {
    const { id } = await getReadable(posts, ctx)
    ctx.body = await paged(parseQuery(listQuery, ctx.query), page => comments.list(id, page))
  })

  router.delete<SignedIn>('/comments/:id', signedIn, async ctx => {
    const { state } = ctx
    const comment = found(await comments.find(pathId(ctx)))
    const post = await getReadable(posts, { state, params: { id: comment.postId } })
    if (!mayDeleteComment(state.user, { comment, post })) throw new Problem(403)
    await comments.delete(comment.id)
    ctx.status = 204
  })
}
