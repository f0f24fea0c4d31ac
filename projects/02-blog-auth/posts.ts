import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody, parseQuery } from '../shared/parsing.js'
import { found, Problem } from '../shared/problem-details.js'
import { pathId } from '../shared/uuid-ids.js'
import { text } from './fields.js'
import { allow, type Guards, type Identified, type SignedIn, unauthorized } from './guards.js'
import { paged, pageQuery } from './paging.js'
import { isAdmin, isEditor, mayChange, mayRead } from './permissions.js'
import type { Post, PostStore } from './post-store.js'
import type { User } from './user-store.js'

const draft = z.strictObject({ title: text(200), body: text(20_000) })
const changes = draft.partial()
const listQuery = z.object({ ...pageQuery, status: z.enum(['published', 'draft']).default('published') })

interface Deps extends Guards {
  readonly posts: PostStore
}

export function routePosts(router: RouterInstance, { posts, identify, signedIn }: Deps): void {
  router.post<SignedIn>('/posts', signedIn, allow(isEditor), jsonBody, async ctx => {
    const post = parseBody(draft, ctx.request.body)
    ctx.body = await posts.create({ ...post, authorId: ctx.state.user.id })
    ctx.status = 201
  })

  router.get<Identified>('/posts', identify, async ctx => {
    const { user } = ctx.state
    const { status, ...query } = parseQuery(listQuery, ctx.query)
    if (status === 'draft' && !user) throw unauthorized()
    const authorId = status === 'draft' && !isAdmin(user) ? user?.id : undefined
    ctx.body = await paged(query, page => posts.list({ published: status === 'published', authorId }, page))
  })

  router.get<Identified>('/posts/:id', identify, async ctx => {
    ctx.body = await getReadable(posts, ctx)
  })

  router.patch<SignedIn>('/posts/:id', signedIn, jsonBody, async ctx => {
    const { id } = await getChangeable(ctx)
    ctx.body = found(await posts.update(id, parseBody(changes, ctx.request.body)))
  })

  router.post<SignedIn>('/posts/:id/publish', signedIn, async ctx => {
    const { id } = await getChangeable(ctx)
    ctx.body = found(await posts.publish(id))
  })

  router.delete<SignedIn>('/posts/:id', signedIn, async ctx => {
    const { id } = await getChangeable(ctx)
    await posts.delete(id)
    ctx.status = 204
  })

  async function getChangeable(ctx: Asked<SignedIn>): Promise<Post> {
    const post = await getReadable(posts, ctx)
    if (!mayChange(ctx.state.user, post)) throw new Problem(403)
    return post
  }
}

interface Asked<State extends { user: User | undefined }> {
  readonly state: State
  readonly params: Record<string, string>
}

/** The post in the path; 404 for who may not read it, as if there were none. */
export async function getReadable(posts: PostStore, ctx: Asked<Identified>): Promise<Post> {
  const post = found(await posts.find(pathId(ctx)))
  return found(mayRead(ctx.state.user, post) && post)
}
