import { expect } from 'vitest'
import type { Answer } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'
import { type Message, readSequenceDiagrams } from '../kit/sequence-diagram.js'
import { openSession } from './cookies.js'
import {
  account,
  createComment,
  createPost,
  createPublished,
  logIn,
  newAccount,
  newUser,
  publish,
} from './resources.js'
import { check } from './rubric.js'

/** Every route of the brief's table, with a request to it that goes well. */
const requests: Readonly<Record<string, (context: CheckContext) => Promise<Answer>>> = {
  'GET /health': ({ api }) => api.get('/health'),
  'POST /auth/register': context => context.api.post('/auth/register', newUser(context)),
  'POST /auth/login': async context => {
    const { email, password } = await account(context, 'viewer')
    return context.api.post('/auth/login', { email, password })
  },
  'POST /auth/refresh': async context => {
    const { refreshToken } = await logIn(context.api, await account(context, 'viewer'))
    return context.api.post('/auth/refresh', { refreshToken })
  },
  'POST /auth/logout': async context => {
    const { refreshToken } = await logIn(context.api, await account(context, 'viewer'))
    return context.api.post('/auth/logout', { refreshToken })
  },
  'POST /session': async context => {
    const { email, password } = await account(context, 'viewer')
    return context.api.post('/session', { email, password })
  },
  'DELETE /session': async context =>
    context.api.delete('/session', await openSession(context.api, await account(context, 'viewer'))),
  'GET /me': async context => context.api.get('/me', (await account(context, 'viewer')).auth),
  'GET /users': async context => context.api.get('/users', (await account(context, 'admin')).auth),
  'GET /users/:id': async context => {
    const { auth, user } = await account(context, 'admin')
    return context.api.get(`/users/${user.id}`, auth)
  },
  'PATCH /users/:id': async context => {
    const { auth, user } = await account(context, 'admin')
    return context.api.patch(`/users/${user.id}`, { role: 'admin' }, auth)
  },
  'DELETE /users/:id': async context => {
    const { user } = await newAccount(context)
    return context.api.delete(`/users/${user.id}`, (await account(context, 'admin')).auth)
  },
  'POST /posts': async context =>
    context.api.post('/posts', { title: 'T', body: 'B' }, (await account(context, 'admin')).auth),
  'GET /posts': ({ api }) => api.get('/posts'),
  'GET /posts/:id': async context => {
    const { id } = await createPublished(context.api, await account(context, 'admin'))
    return context.api.get(`/posts/${id}`)
  },
  'PATCH /posts/:id': async context => {
    const admin = await account(context, 'admin')
    const { id } = await createPost(context.api, admin)
    return context.api.patch(`/posts/${id}`, { title: 'New' }, admin.auth)
  },
  'POST /posts/:id/publish': async context => {
    const admin = await account(context, 'admin')
    return publish(context.api, (await createPost(context.api, admin)).id, admin)
  },
  'DELETE /posts/:id': async context => {
    const admin = await account(context, 'admin')
    const { id } = await createPost(context.api, admin)
    return context.api.delete(`/posts/${id}`, admin.auth)
  },
  'POST /posts/:id/comments': async context => {
    const admin = await account(context, 'admin')
    const { id } = await createPost(context.api, admin)
    return context.api.post(`/posts/${id}/comments`, { body: 'Hi' }, admin.auth)
  },
  'GET /posts/:id/comments': async context => {
    const { id } = await createPublished(context.api, await account(context, 'admin'))
    return context.api.get(`/posts/${id}/comments`)
  },
  'DELETE /comments/:id': async context => {
    const admin = await account(context, 'admin')
    const { id } = await createPost(context.api, admin)
    const comment = await createComment(context.api, id, admin)
    return context.api.delete(`/comments/${comment.id}`, admin.auth)
  },
}

const isPublic = (route: string) => / \/(health|auth|session)|^GET \/posts/.test(route)

const routeOf = ({ text }: Message) => /^[A-Z]{3,7} \/\S*/.exec(text)?.[0]

async function diagrams({ readDocument }: CheckContext): Promise<readonly (readonly Message[])[]> {
  return readSequenceDiagrams(await readDocument('docs/auth-flow.md'))
}

check(
  'the diagrams name the routes of the flow, and none that does not exist',
  {
    row: 'auth-flow',
    brief:
      'The diagrams have each route of the table that begins with `/auth` or `/session` and a request to at least one route that needs a login, and no request to a route that the table lacks',
    hints: [
      'Compare the diagrams with the table of routes.',
      'A request is an arrow whose text begins with POST /auth/login.',
    ],
  },
  async context => {
    const named = (await diagrams(context)).flat().flatMap(message => routeOf(message) ?? [])
    const wanted = Object.keys(requests).filter(route => / \/(auth|session)/.test(route))
    expect(
      wanted.filter(route => !named.includes(route)),
      'routes that the diagrams lack',
    ).toEqual([])
    expect(
      named.filter(route => !(route in requests)),
      'routes in the diagrams that do not exist',
    ).toEqual([])
    expect(
      named.some(route => !isPublic(route)),
      'whether a request needs a login',
    ).toBe(true)
  },
)

check(
  'the answers in the diagrams are those of the server',
  {
    row: 'auth-flow',
    brief: 'Its text begins with the status that your server gives when all goes well, such as `200 tokens`.',
    hints: [
      'Which arrow answers each request?',
      'A dashed arrow back to the sender, before anything that can go wrong.',
    ],
  },
  async context => {
    const observed = new Map<string, number>()
    for (const diagram of await diagrams(context)) {
      for (const [n, request] of diagram.entries()) {
        const route = routeOf(request)
        const send = route === undefined ? undefined : requests[route]
        if (route === undefined || !send) continue
        const status = observed.get(route) ?? (await send(context)).status
        observed.set(route, status)
        const answer = diagram
          .slice(n + 1)
          .find(message => message.from === request.to && message.to === request.from)
        expect(answer?.dashed, `whether a dashed arrow answers ${route}`).toBe(true)
        expect(/^\d{3}\b/.exec(answer?.text ?? '')?.[0], `the status of the answer to ${route}`).toBe(
          `${status}`,
        )
      }
    }
    expect(observed.size, 'requests in the diagrams').toBeGreaterThan(0)
  },
)
