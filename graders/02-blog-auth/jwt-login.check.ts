import { expect } from 'vitest'
import { expectAlike } from './enumeration.js'
import { decode, hmac } from './forged-tokens.js'
import { account, logIn, newUser, register, type Tokens, type User } from './resources.js'
import { check } from './rubric.js'

check(
  'registering gives a viewer, and never the password',
  {
    row: 'jwt-login',
    brief:
      'Registering gives a user with the fields that were sent, the role `viewer`, and never the password or its hash.',
    hints: [
      'What does your answer contain besides what a stranger may know?',
      'Choose the columns that you send.',
    ],
  },
  async context => {
    const { random } = context
    const sent = newUser(context, { name: random.letters(100), password: random.letters(8) })
    const answer = await context.api.post('/auth/register', sent)
    expect(answer).toHaveStatus(201)
    const user = Object(answer.body) as User
    expect(Object.keys(user).sort(), 'fields of a user').toEqual(['createdAt', 'email', 'id', 'name', 'role'])
    expect(user, 'the user').toMatchObject({ name: sent.name, email: sent.email, role: 'viewer' })
    expect(user.createdAt, '`createdAt`').toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    expect(answer.text.includes(sent.password), 'whether the answer contains the password').toBe(false)
  },
)

check(
  'every bad field of a registration is named',
  {
    row: 'jwt-login',
    brief:
      'A body with bad fields is answered with 422, and `errors` names every bad field: one that is required and missing, has the wrong type, breaks a limit of the table above, or is not in the table at all.',
    hints: [
      'Does your validation stop at the first field?',
      'bcrypt counts bytes, not characters: so does the limit.',
    ],
  },
  async context => {
    const { api, random } = context
    const post = (fields: Record<string, unknown>) => api.post('/auth/register', newUser(context, fields))
    expect(await api.post('/auth/register', {})).toBeProblem(422, ['email', 'name', 'password'])
    expect(await post({ name: '', email: 'ada.example.com', password: 'seven77' })).toBeProblem(422, [
      'email',
      'name',
      'password',
    ])
    expect(await post({ name: 7, email: ['a@example.com'] })).toBeProblem(422, ['email', 'name'])
    expect(await post({ name: 'n'.repeat(101) })).toBeProblem(422, ['name'])
    expect(await post({ name: 'a\u0000b' })).toBeProblem(422, ['name'])
    expect(await post({ email: 'ada@localhost' })).toBeProblem(422, ['email'])
    const label = 'a'.repeat(60)
    expect(await post({ email: `${label}@${label}.${label}.${label}.example.com` })).toBeProblem(422, [
      'email',
    ])
    const address = `${random.letters(20)}@${label}.${label}.${label}.${'a'.repeat(42)}.example`
    expect(await post({ email: address, name: 'n'.repeat(100) })).toHaveStatus([200, 201])
    expect(await post({ id: 'x', isAdmin: true, passwordHash: 'x' })).toBeProblem(422, [
      'id',
      'isAdmin',
      'passwordHash',
    ])
    expect(await post({ password: 'x'.repeat(73) })).toBeProblem(422, ['password'])
    expect(await post({ password: 'ä'.repeat(40) })).toBeProblem(422, ['password'])
    expect(await api.post('/auth/login', { email: 7 })).toBeProblem(422, ['email', 'password'])
  },
)

check(
  'an address is one in every letter case',
  {
    row: 'jwt-login',
    brief:
      'An `email` that another user has, in whatever letter case, is answered with 409. Logging in takes the `email` in whatever letter case.',
    hints: [
      'Which of your comparisons know that A is a?',
      'A unique index on lower(email) decides it in one place.',
    ],
  },
  async context => {
    const { api } = context
    const { user, email, password } = await register(context)
    const shouted = email.toUpperCase()
    expect(await api.post('/auth/register', newUser(context, { email: shouted }))).toBeProblem(409)
    const { accessToken } = await logIn(api, { email: shouted, password })
    expect(decode(accessToken)?.payload.sub, '`sub` of the token').toBe(user.id)
  },
)

check(
  'an address that is registered twice at once is that of one user',
  {
    row: 'jwt-login',
    brief: 'Of several requests in parallel with one new `email` one succeeds, and the others get 409.',
    hints: [
      'What lies between looking for the address and writing it?',
      'A unique index decides; what it throws is your 409.',
    ],
  },
  async context => {
    const { api, faults } = context
    const { email } = newUser(context)
    const spellings = [email, email.toUpperCase(), email, email.toUpperCase(), email]
    // All have looked for the address, each on a connection that is there already, before any can write it.
    await faults.postgres.delay(50)
    await Promise.all(spellings.map(() => api.get('/posts')))
    const answers = await Promise.all(
      spellings.map(one => api.post('/auth/register', newUser(context, { email: one }))),
    )
    const [created, ...refused] = answers.sort((a, b) => a.status - b.status)
    expect(created).toHaveStatus([200, 201])
    for (const answer of refused) expect(answer).toBeProblem(409)
  },
)

check(
  'an access token is a JWT with the claims of the brief',
  {
    row: 'jwt-login',
    brief: 'The access token is a JWT (RFC 7519, compact form) signed with HS256 by the key `JWT_SECRET`',
    hints: [
      'Paste a token of yours into a JWT debugger: what does it say?',
      'The key is the bytes of the text itself; it is not to be decoded or hashed.',
    ],
  },
  async context => {
    const { api, secrets } = context
    const { user, email, password } = await account(context, 'viewer')
    const answer = await api.post('/auth/login', { email, password })
    expect(answer).toHaveStatus(200)
    const tokens = Object(answer.body) as Tokens
    expect(Object.keys(tokens).sort(), 'fields of tokens').toEqual([
      'accessToken',
      'expiresIn',
      'refreshToken',
      'tokenType',
    ])
    expect(tokens.tokenType, '`tokenType`').toBe('Bearer')
    const token = decode(tokens.accessToken)
    expect(token?.header.alg, '`alg` of the token').toBe('HS256')
    const signed = tokens.accessToken.slice(0, tokens.accessToken.lastIndexOf('.'))
    expect(token?.signature, 'the signature').toBe(hmac('sha256', secrets.JWT_SECRET ?? '')(signed))
    const { sub, iss, aud, iat, exp } = Object(token?.payload) as Record<string, unknown>
    expect({ sub, iss, aud: [aud].flat() }, 'claims').toEqual({
      sub: user.id,
      iss: 'blog-auth',
      aud: ['blog-api'],
    })
    expect(Math.abs(Number(iat) - Date.now() / 1000), 'seconds from `iat` to now').toBeLessThan(60)
    expect(Number(exp) - Number(iat), '`exp` less `iat`').toBe(tokens.expiresIn)
    expect(tokens.expiresIn, '`expiresIn`').toBeGreaterThanOrEqual(60)
    expect(tokens.expiresIn, '`expiresIn`').toBeLessThanOrEqual(3600)
  },
)

check(
  'an access token says who asks',
  {
    row: 'jwt-login',
    brief: '`GET /me` with `Authorization: Bearer` and the access token gives the user who logged in.',
    hints: ['What in the token says who it is?', 'Verify the token, then read the user whose id is `sub`.'],
  },
  async context => {
    const { api } = context
    for (const { user, auth } of [await account(context, 'viewer'), await account(context, 'editor')]) {
      const answer = await api.get('/me', auth)
      expect(answer).toHaveStatus(200)
      expect(answer.body, 'the user').toEqual(user)
    }
  },
)

check(
  'no cache keeps tokens',
  {
    row: 'jwt-login',
    brief: 'Answers that carry tokens say `Cache-Control: no-store`.',
    hints: [
      'Who besides the client could keep this answer?',
      'One header on the answers to a login and a refresh.',
    ],
  },
  async context => {
    const { api } = context
    const { email, password } = await account(context, 'viewer')
    const login = await api.post('/auth/login', { email, password })
    expect(login).toHaveStatus([200, 201])
    const { refreshToken } = Object(login.body) as Tokens
    const refreshed = await api.post('/auth/refresh', { refreshToken })
    // Whether refreshing works is another row's business.
    for (const answer of refreshed.status === 200 ? [login, refreshed] : [login]) {
      expect(answer.headers.get('cache-control'), 'Cache-Control').toMatch(/\bno-store\b/i)
    }
  },
)

check(
  'a wrong password and an unknown address cannot be told apart',
  {
    row: 'jwt-login',
    brief: 'A wrong password and an unknown `email` cannot be told apart',
    hints: [
      'What does an attacker learn from trying addresses, with a clock in hand?',
      'Compare with some hash also when there is no user, and answer from one place.',
    ],
  },
  async context => {
    await expectAlike(context, '/auth/login')
    const { api } = context
    expect(await api.post('/auth/login', { email: 'no address', password: 'secret' })).toHaveStatus(401)
  },
)

check(
  'SQL in a login is text',
  {
    row: 'jwt-login',
    brief: 'Text is data: SQL in `email` or `password` logs nobody in and makes nothing fail.',
    hints: [
      'How does the address get into your SQL?',
      'Parameters ($1) carry data; strings put together carry code.',
    ],
  },
  async context => {
    const { api, random } = context
    const { email, password } = await account(context, 'viewer')
    const attacks = [
      `' or '1'='1`,
      `${email}' --`,
      `o'${random.letters(9)}@example.com`,
      'a\u0000b@example.com',
    ]
    for (const text of attacks) {
      expect(await api.post('/auth/login', { email: text, password })).toHaveStatus([401, 422])
    }
    expect(await api.post('/auth/login', { email, password: attacks[0] })).toHaveStatus([401, 422])
    const name = `Bobby'); drop table users; --`
    expect((await register(context, { name })).user.name, 'the name').toBe(name)
    await logIn(api, { email, password })
  },
)
