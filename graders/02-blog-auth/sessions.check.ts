import { expect } from 'vitest'
import { openSession, sessionOf, withCookiesOf } from './cookies.js'
import { expectAlike } from './enumeration.js'
import { account, createPost, newAccount, publish, removeUser } from './resources.js'
import { check } from './rubric.js'

check(
  'the session cookie is HttpOnly, Secure and SameSite',
  {
    row: 'sessions',
    brief:
      '`POST /session` with the right password sets a cookie named `sid`, with `HttpOnly`, `Secure`, `SameSite=Lax` or `SameSite=Strict`, and `Path=/`, also over plain HTTP, and without `Domain`.',
    hints: [
      'Who besides your server should see this cookie? Scripts, other sites, a wire-tap?',
      'TLS ends at a proxy: tell your framework that the cookie is secure all the same.',
    ],
  },
  async context => {
    const { user, email, password } = await account(context, 'viewer')
    const answer = await context.api.post('/session', { email, password })
    expect(answer).toHaveStatus(200)
    expect(answer.body, 'the user').toEqual(user)
    const { attributes } = sessionOf(answer).sid
    expect(attributes.has('httponly'), 'whether `sid` is HttpOnly').toBe(true)
    expect(attributes.has('secure'), 'whether `sid` is Secure').toBe(true)
    expect(attributes.get('samesite'), 'SameSite of `sid`').toMatch(/^(lax|strict)$/i)
    expect(attributes.get('path'), 'Path of `sid`').toBe('/')
    expect(attributes.has('domain'), 'whether `sid` has a Domain').toBe(false)
  },
)

check(
  'a session does what a token does',
  {
    row: 'sessions',
    brief: 'With the cookie, the routes of the table do what they do with a token of the same user.',
    hints: [
      'How many of your routes know which strategy was used?',
      'One middleware finds the user, either way.',
    ],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const auth = await openSession(api, editor)
    const me = await api.get('/me', auth)
    expect(me).toHaveStatus(200)
    expect(Object(me.body).id, '`id` in GET /me').toBe(editor.user.id)
    const post = await createPost(api, { ...editor, auth: auth as never })
    expect(post.author.id, 'author of the post').toBe(editor.user.id)
    expect(await api.get(`/posts/${post.id}`, auth)).toHaveStatus(200)
    expect(await publish(api, post.id, { ...editor, auth: auth as never })).toHaveStatus(200)
    expect(await api.get('/users', auth)).toHaveStatus((await api.get('/users', editor.auth)).status)
    expect(await api.get('/me')).toHaveStatus(401)
  },
)

check(
  'logging in makes a new session, whatever cookie came along',
  {
    row: 'sessions',
    brief: 'Logging in always makes a new session id, whatever cookie comes with the request',
    hints: [
      'What if somebody planted the cookie in your browser, and knows its value?',
      'At login: delete the old session, and make a new random id.',
    ],
  },
  async context => {
    const { api, random } = context
    const [ada, mallory] = [await account(context, 'viewer'), await account(context, 'editor')]
    const planted = random.letters(40)
    const logInWith = (cookie: string) =>
      api.post('/session', { email: ada.email, password: ada.password }, { headers: { cookie } })
    const first = sessionOf(await logInWith(`sid=${planted}`))
    expect(first.sid.value, 'the session id').not.toContain(planted)
    expect(await api.get('/me', { headers: { cookie: `sid=${planted}` } })).toHaveStatus(401)

    // Mallory plants a session that really exists.
    const theirs = await openSession(api, mallory)
    const adas = sessionOf(await logInWith(theirs.headers.cookie))
    expect(adas.sid.value, 'the session id').not.toBe(theirs.sid.value)
    expect(await api.get('/me', theirs)).toHaveStatus(401)

    const again = sessionOf(await logInWith(adas.headers.cookie))
    expect(again.sid.value, 'the session id after logging in again').not.toBe(adas.sid.value)
    expect(await api.get('/me', adas)).toHaveStatus(401)
    expect(await api.get('/me', again)).toHaveStatus(200)
  },
)

check(
  'sessions are kept in Redis, and expire there',
  {
    row: 'sessions',
    brief:
      'The session is kept in Redis: after a login there is at least one key more than before, each new key expires by itself within 7 days, and when the new keys are deleted, the cookie is answered with 401.',
    hints: [
      'Watch Redis with MONITOR while you log in.',
      'SET with EX; the cookie holds an id and nothing else.',
    ],
  },
  async context => {
    const { api, redis } = context
    const user = await account(context, 'viewer')
    const before = new Set(await redis.keys('*'))
    const session = await openSession(api, user)
    const made = (await redis.keys('*')).filter(key => !before.has(key))
    expect(made.length, 'new keys in Redis after a login').toBeGreaterThan(0)
    for (const key of made) {
      const ttl = await redis.ttl(key)
      expect(ttl, `seconds until ${key} expires`).toBeGreaterThan(0)
      expect(ttl, `seconds until ${key} expires`).toBeLessThanOrEqual(7 * 86_400)
    }
    expect(await api.get('/me', session)).toHaveStatus(200)
    await redis.del(...made)
    expect(await api.get('/me', session)).toHaveStatus(401)
  },
)

check(
  'logging out ends the session, and only that one',
  {
    row: 'sessions',
    brief:
      '`DELETE /session` ends the session in Redis and answers 204, also without a session: a copy of the cookie is then answered with 401. Other sessions of the user go on.',
    hints: [
      'The client may keep a copy of the cookie.',
      'Delete the key in Redis; clearing the cookie is a courtesy.',
    ],
  },
  async context => {
    const { api } = context
    const user = await account(context, 'viewer')
    const [here, elsewhere] = [await openSession(api, user), await openSession(api, user)]
    expect(await api.delete('/session', here)).toHaveStatus(204)
    expect(await api.get('/me', here)).toHaveStatus(401)
    expect(await api.get('/me', elsewhere)).toHaveStatus(200)
    expect(await api.delete('/session', here)).toHaveStatus(204)
    expect(await api.delete('/session')).toHaveStatus(204)
  },
)

check(
  'nobody gets in by a made-up session, or by that of a user who is gone',
  {
    row: 'sessions',
    brief: 'An id that was made up, and the session of a user who is gone, are answered with 401.',
    hints: [
      'Is the user of a session still there?',
      'Read the user on every request; a session is not a user.',
    ],
  },
  async context => {
    const { api, random } = context
    const user = await newAccount(context)
    const session = await openSession(api, user)
    const { id } = user.user
    for (const sid of [random.letters(43), id, `s%3A${id}.x`, 'undefined', 'null', '', '*', '../session']) {
      expect(await api.get('/me', { headers: { cookie: `sid=${sid}` } })).toBeProblem(401)
    }
    expect(await api.get('/me', session)).toHaveStatus(200)
    if (await removeUser(context, user.user)) {
      expect(await api.get('/me', session)).toHaveStatus(401)
    }
  },
)

check(
  'a bad token next to a good session lets nobody in',
  {
    row: 'sessions',
    brief:
      'With an `Authorization` header, cookies do not count: a bad token next to a good session is answered with 401.',
    hints: ['Which of the two do you look at first?', 'A header that is there decides.'],
  },
  async context => {
    const { api } = context
    const [viewer, admin] = [await account(context, 'viewer'), await account(context, 'admin')]
    const { headers } = await openSession(api, viewer)
    const both = (authorization: string) => ({ headers: { ...headers, authorization } })
    expect(await api.get('/me', both('Bearer nonsense'))).toHaveStatus(401)
    const answer = await api.get('/me', both(admin.auth.headers.authorization))
    expect(answer).toHaveStatus(200)
    expect(Object(answer.body).id, '`id` in GET /me').toBe(admin.user.id)
  },
)

check(
  'a login by session tells nothing about addresses either',
  {
    row: 'sessions',
    brief:
      'A wrong password and an unknown `email` cannot be told apart at `POST /session` either, by status, body or time.',
    hints: [
      'Do both logins share the comparison of passwords?',
      'One function that finds the user or throws 401.',
    ],
  },
  async context => {
    for (const answer of await expectAlike(context, '/session')) {
      expect(await context.api.get('/me', withCookiesOf(answer))).toHaveStatus(401)
    }
  },
)

check(
  'sessions survive a restart',
  {
    row: 'sessions',
    brief: 'Sessions survive a restart of the server.',
    hints: [
      'Where is the session while your server is down?',
      'Only in Redis; keys that sign cookies must stay too.',
    ],
  },
  async context => {
    const { api, restartApp } = context
    const user = await account(context, 'viewer')
    const session = await openSession(api, user)
    await restartApp()
    const me = await api.get('/me', session)
    expect(me).toHaveStatus(200)
    expect(Object(me.body).id, '`id` in GET /me').toBe(user.user.id)
  },
)
