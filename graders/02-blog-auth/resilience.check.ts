import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { cookiesOf, openSession } from './cookies.js'
import { type Account, account, bearer, createPost, logIn, newUser } from './resources.js'
import { check } from './rubric.js'

const waysOfBeingAway = ['down', 'stall'] as const

/** Opens a session as soon as the server has got over what the check before broke. */
const sessionAgain = ({ api, eventually }: CheckContext, user: Account) =>
  eventually(() => openSession(api, user), { withinMs: 5_000 })

check(
  'without Redis everything by token works',
  {
    row: 'resilience',
    brief:
      'While Redis is away, refusing connections or not answering, everything by token and without a login works as ever: logging in, refreshing, reading and writing.',
    hints: [
      'Which requests need Redis at all?',
      'Ask Redis only for a cookie, and only when there is no token.',
    ],
  },
  async context => {
    const { api, faults } = context
    const editor = await account(context, 'editor')
    const session = await sessionAgain(context, editor)
    for (const way of waysOfBeingAway) {
      await faults.redis[way]()
      const { refreshToken } = await logIn(api, editor)
      const refreshed = await api.post('/auth/refresh', { refreshToken })
      expect(refreshed).toHaveStatus(200)
      const { accessToken } = Object(refreshed.body) as { accessToken: string }
      expect(await api.get('/me', bearer(accessToken))).toHaveStatus(200)
      const post = await createPost(api, editor)
      expect(await api.get(`/posts/${post.id}`, editor.auth)).toHaveStatus(200)
      expect(await api.get('/posts')).toHaveStatus(200)
      const both = { headers: { ...session.headers, ...editor.auth.headers } }
      expect(await api.get('/me', both)).toHaveStatus(200)
      await faults.redis.heal()
    }
  },
)

/** Waits until a session works: what the brief promises within 5 seconds of Redis's return. */
async function expectRecovery({ api, eventually }: CheckContext, session: { headers: { cookie: string } }) {
  await eventually(async () => expect(await api.get('/me', session)).toHaveStatus(200), { withinMs: 5_000 })
}

check(
  'without Redis, sessions are 503 and let nobody in, and then work again',
  {
    row: 'resilience',
    brief:
      'While Redis is away, `POST /session` and a request with a session cookie to a route that needs a login are answered with 503 within 5 seconds, also several in parallel, and no cookie is set.',
    hints: [
      'Is a store that does not answer the same as a session that does not exist?',
      'Bound the wait for Redis, queue nothing, and answer 503; never go on as somebody or nobody.',
    ],
  },
  async context => {
    const { api, faults, random } = context
    const editor = await account(context, 'editor')
    const leaver = await account(context, 'viewer')
    const session = await sessionAgain(context, editor)
    for (const way of waysOfBeingAway) {
      const ending = await openSession(api, leaver)
      await faults.redis[way]()
      const madeUp = { headers: { cookie: `sid=${random.letters(43)}` } }
      const [login, ...others] = await Promise.all([
        api.post('/session', { email: editor.email, password: editor.password }, madeUp),
        api.get('/me', session),
        api.get('/me', madeUp),
        api.post('/posts', { title: 'T', body: 'B' }, session),
        // It may end when Redis is back.
        api.delete('/session', ending),
      ])
      expect(login).toBeProblem(503)
      expect(cookiesOf(login), 'cookies').toEqual([])
      for (const answer of others) expect(answer).toBeProblem(503)
      await faults.redis.heal()
      await expectRecovery(context, session)
      await sessionAgain(context, editor)
    }
  },
)

check(
  'sessions outlive the connections to Redis',
  {
    row: 'resilience',
    brief:
      'When Redis is back, or when it only cut the connections, sessions work again by themselves within 5 seconds.',
    hints: [
      'What does your client do when its connection breaks?',
      'Let it connect again, and survive the error event.',
    ],
  },
  async context => {
    const viewer = await account(context, 'viewer')
    const session = await sessionAgain(context, viewer)
    await context.faults.redis.cut()
    await expectRecovery(context, session)
    await sessionAgain(context, viewer)
  },
)

check(
  'without Postgres nobody is let in, and then it works again',
  {
    row: 'resilience',
    brief:
      'While Postgres is away, refusing connections, a route that needs a login is answered with 500 or 503, and so are registering, logging in, refreshing and logging out with a good token; when it is back, the server works again by itself within 5 seconds.',
    hints: [
      'What does a token prove when nobody can be looked up?',
      'An error of the store is never a 401 or a 200.',
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const viewer = await account(context, 'viewer')
    const { email, password, auth } = viewer
    await sessionAgain(context, viewer)
    const { refreshToken } = await logIn(api, viewer)
    await faults.postgres.down()
    expect(await api.get('/me', auth)).toHaveStatus([500, 503])
    expect(await api.post('/auth/register', newUser(context))).toHaveStatus([500, 503])
    expect(await api.post('/auth/login', { email, password })).toHaveStatus([500, 503])
    expect(await api.post('/session', { email, password })).toHaveStatus([500, 503])
    expect(await api.post('/auth/refresh', { refreshToken })).toHaveStatus([500, 503])
    expect(await api.post('/auth/logout', { refreshToken })).toHaveStatus([500, 503])
    await faults.postgres.heal()
    await eventually(async () => expect(await api.get('/me', auth)).toHaveStatus(200), { withinMs: 5_000 })
    await sessionAgain(context, viewer)
  },
)
