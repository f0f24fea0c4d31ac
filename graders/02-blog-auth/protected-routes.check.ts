import { createSign, generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { decode, forge, goodClaims, hmac } from './forged-tokens.js'
import {
  account,
  bearer,
  createComment,
  createPost,
  createPublished,
  type Post,
  publish,
  readPages,
  register,
  removeUser,
} from './resources.js'
import { check } from './rubric.js'

check(
  'without a login, protected routes answer 401 and ask for a Bearer token',
  {
    row: 'protected-routes',
    brief:
      'A route that needs a login answers 401 without one, with a `WWW-Authenticate` header that begins with `Bearer`.',
    hints: ['What does a 401 tell the client to do?', 'One middleware before the routes that need a login.'],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const { id } = await createPublished(api, editor)
    const comment = await createComment(api, id, editor)
    for (const answer of [
      await api.get('/me'),
      await api.get('/users'),
      await api.get(`/users/${editor.user.id}`),
      await api.patch(`/users/${editor.user.id}`, { role: 'admin' }),
      await api.delete(`/users/${editor.user.id}`),
      await api.post('/posts', { title: 'T', body: 'B' }),
      await api.patch(`/posts/${id}`, { title: 'T' }),
      await api.send({ method: 'POST', path: `/posts/${id}/publish` }),
      await api.delete(`/posts/${id}`),
      await api.post(`/posts/${id}/comments`, { body: 'Hi' }),
      await api.delete(`/comments/${comment.id}`),
      await api.get('/me', { headers: { authorization: 'Basic YWRhOnNlY3JldA==' } }),
      await api.get('/me', { headers: { authorization: editor.tokens.accessToken.slice(0, 20) } }),
    ]) {
      expect(answer).toBeProblem(401)
      expect(answer.headers.get('www-authenticate'), 'WWW-Authenticate').toMatch(/^Bearer\b/i)
    }
    expect(await api.get('/me', editor.auth)).toHaveStatus(200)
  },
)

/** Expects that `/me` takes none of these tokens, after it took a good one for the same user. */
async function expectRefused(
  context: CheckContext,
  tokensFor: (userId: string) => Readonly<Record<string, string>>,
): Promise<void> {
  const { api } = context
  const { user } = await account(context, 'viewer')
  expect(await api.get('/me', bearer(forge(context, goodClaims(user.id))))).toHaveStatus(200)
  for (const [what, token] of Object.entries(tokensFor(user.id))) {
    const answer = await api.get('/me', bearer(token))
    expect(answer.status, `status of GET /me with a token that ${what}`).toBe(401)
    expect(answer.headers.get('www-authenticate'), 'WWW-Authenticate').toMatch(/error="?invalid_token/)
  }
}

check(
  'any token with the right claims and signature is accepted',
  {
    row: 'protected-routes',
    brief:
      'Any token with the claims above and a right signature is accepted, whoever made it: the grader signs its own with `JWT_SECRET`.',
    hints: [
      'Does your server ask for a claim that the brief does not name?',
      'Verify what the brief lists, only that.',
    ],
  },
  async context => {
    const { user } = await account(context, 'viewer')
    for (const claims of [goodClaims(user.id), { ...goodClaims(user.id), jti: 'x', note: 'more' }]) {
      const answer = await context.api.get('/me', bearer(forge(context, claims)))
      expect(answer).toHaveStatus(200)
      expect(Object(answer.body).id, '`id`').toBe(user.id)
    }
  },
)

check(
  'tokens out of their time are refused',
  {
    row: 'protected-routes',
    brief: 'it is expired, not yet valid (`nbf`)',
    hints: ['Decoding a token is not verifying it.', 'Your JWT library checks exp and nbf, if you let it.'],
  },
  context => {
    const now = Math.floor(Date.now() / 1000)
    return expectRefused(context, id => {
      const { exp, ...endless } = goodClaims(id)
      return {
        'expired an hour ago': forge(context, { ...endless, iat: now - 7200, exp: now - 3600 }),
        'is not valid before an hour from now': forge(context, {
          ...endless,
          exp: now + 7200,
          nbf: now + 3600,
        }),
        'has no `exp`': forge(context, endless),
      }
    })
  },
)

check(
  'tokens of another issuer or for another audience are refused',
  {
    row: 'protected-routes',
    brief: 'has another `iss` or `aud`, lacks `exp`, `iss`, `aud` or `sub`',
    hints: [
      'For whom else could a token with your key be made?',
      'Give your JWT library the issuer and the audience.',
    ],
  },
  context =>
    expectRefused(context, id => {
      const { iss, aud, ...claims } = goodClaims(id)
      return {
        'has another `iss`': forge(context, { ...claims, aud, iss: 'https://evil.example' }),
        'has another `aud`': forge(context, { ...claims, iss, aud: 'shop-api' }),
        'has no `iss`': forge(context, { ...claims, aud }),
        'has no `aud`': forge(context, { ...claims, iss }),
      }
    }),
)

check(
  'changed tokens and tokens of another key are refused',
  {
    row: 'protected-routes',
    brief: 'has a changed payload, is signed with another key',
    hints: ['Who checks the signature?', 'Every request has to verify; decoding alone believes everybody.'],
  },
  async context => {
    const { random, secrets } = context
    const admin = await account(context, 'admin')
    const secret = secrets.JWT_SECRET ?? ''
    await expectRefused(context, id => {
      const [header = '', ownPayload = '', signature = ''] = forge(context, goodClaims(id)).split('.')
      const [, payload = ''] = forge(context, goodClaims(admin.user.id)).split('.')
      return {
        'has a changed payload': `${header}.${payload}.${signature}`,
        'has no signature': `${header}.${payload}.`,
        'has a part of its signature': `${header}.${ownPayload}.${signature.slice(0, 20)}`,
        'is signed with another key': forge(context, goodClaims(id), {
          sign: hmac('sha256', random.letters(40)),
        }),
        'is signed with an empty key': forge(context, goodClaims(id), { sign: hmac('sha256', '') }),
        'is signed with a part of the key': forge(context, goodClaims(id), {
          sign: hmac('sha256', secret.slice(0, -1)),
        }),
      }
    })
  },
)

check(
  'the algorithm is not for the token to choose',
  {
    row: 'protected-routes',
    brief: 'is signed with another algorithm than HS256 or with none (`"alg": "none"`)',
    hints: [
      'Who decides how a token is verified: you, or whoever made it?',
      'Pass the list of algorithms: one.',
    ],
  },
  async context => {
    const secret = context.secrets.JWT_SECRET ?? ''
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rsa = (signed: string) => createSign('sha256').update(signed).sign(privateKey, 'base64url')
    const jwk = publicKey.export({ format: 'jwk' })
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    await expectRefused(context, id => {
      const claims = goodClaims(id)
      const signature = decode(forge(context, claims))?.signature ?? ''
      const withAlg = (alg: string, sign: (signed: string) => string, header = {}) =>
        forge(context, claims, { header: { alg, ...header }, sign })
      return {
        'says `none` and has no signature': withAlg('none', () => ''),
        'says `None` and has no signature': withAlg('None', () => ''),
        'says `NONE` and keeps a signature': withAlg('NONE', () => signature),
        'says `none` and is signed by the right key': withAlg('none', hmac('sha256', secret)),
        'is signed with HS512 by the right key': withAlg('HS512', hmac('sha512', secret)),
        'is signed with HS384 by the right key': withAlg('HS384', hmac('sha384', secret)),
        'says RS256 and is signed with the secret': withAlg('RS256', hmac('sha256', secret)),
        'is signed with RS256 by the key in its own header': withAlg('RS256', rsa, { jwk }),
        'is signed with HS256 by a public key in its own header': withAlg('HS256', hmac('sha256', pem), {
          jwk,
        }),
        'names an empty file as its key': withAlg('HS256', hmac('sha256', ''), {
          kid: '../../../../dev/null',
        }),
        'names a key by SQL': withAlg('HS256', hmac('sha256', 'key'), { kid: "x' union select 'key' --" }),
        'brings its own key': withAlg('HS256', hmac('sha256', 'key'), {
          jwk: { kty: 'oct', k: Buffer.from('key').toString('base64url') },
        }),
      }
    })
  },
)

check(
  'what is no access token is refused, and makes nothing fail',
  {
    row: 'protected-routes',
    brief: 'is no JWT, or belongs to a user who is gone or never was. A refresh token is no access token.',
    hints: [
      'What does your JWT library throw, and who catches it?',
      'Every failure of a token is the same 401.',
    ],
  },
  async context => {
    const { tokens } = await account(context, 'viewer')
    const leaver = (await register(context)).user
    const isGone = await removeUser(context, leaver)
    await expectRefused(context, id => {
      const { sub, ...nobody } = goodClaims(id)
      return {
        'is a word': 'nonsense',
        'is three words': 'a.b.c',
        'is two dots': '..',
        'is very long': 'x'.repeat(4_000),
        'is a refresh token': tokens.refreshToken,
        ...(isGone && { 'belongs to a user who is gone': forge(context, goodClaims(leaver.id)) }),
        'has no `sub`': forge(context, nobody),
        'has SQL as `sub`': forge(context, { ...nobody, sub: "' or 1=1 --" }),
        'has U+0000 in `sub`': forge(context, { ...nobody, sub: 'a\u0000b' }),
      }
    })
  },
)

check(
  'a token cannot say which role its user has',
  {
    row: 'protected-routes',
    brief: 'What a token says about a role does not count.',
    hints: [
      'A role can be taken away. When does a token learn of it?',
      'Read the role from the users table.',
    ],
  },
  async context => {
    const { api } = context
    const { user } = await account(context, 'viewer')
    const plain = bearer(forge(context, goodClaims(user.id)))
    const claims = { ...goodClaims(user.id), role: 'admin', roles: ['admin'], isAdmin: true, scope: 'admin' }
    const boasting = bearer(forge(context, { ...claims, user: { role: 'admin' } }))
    expect(Object((await api.get('/me', boasting)).body).role, '`role` in GET /me').toBe('viewer')
    const post = { title: 'T', body: 'B' }
    // What a viewer may do is another row's business.
    expect(await api.get('/users', boasting)).toHaveStatus((await api.get('/users', plain)).status)
    expect(await api.post('/posts', post, boasting)).toHaveStatus(
      (await api.post('/posts', post, plain)).status,
    )
  },
)

check(
  'a draft does not exist for those who may not read it',
  {
    row: 'protected-routes',
    brief: 'A draft is read by its author and by admins. For everyone else it does not exist',
    hints: [
      'Which routes lead to a post, and which of them ask whether it is published?',
      'One function that finds a post for a user, and 404 when it gives none, serves every route.',
    ],
  },
  async context => {
    const { api, random } = context
    const author = await account(context, 'editor', 'other')
    const secret = `secret-${random.letters(12)}`
    const draft = await createPost(api, author, { title: secret, body: secret })
    const path = `/posts/${draft.id}`
    const strangers = [await account(context, 'viewer'), await account(context, 'editor')] as const
    for (const { auth } of [{ auth: undefined }, ...strangers]) {
      for (const answer of [await api.get(path, auth), await api.get(`${path}/comments`, auth)]) {
        expect(answer).toBeProblem(404)
        expect(answer.text.includes(secret), 'whether the answer contains the title').toBe(false)
      }
    }
    const comment = await createComment(api, draft.id, author)
    for (const stranger of strangers) {
      expect(await api.delete(`/comments/${comment.id}`, stranger.auth)).toBeProblem(404)
      expect(await api.patch(path, { title: 'Mine' }, stranger.auth)).toBeProblem(404)
      expect(await publish(api, draft.id, stranger)).toBeProblem(404)
      expect(await api.post(`${path}/comments`, { body: 'Hi' }, stranger.auth)).toBeProblem(404)
      expect(await api.delete(path, stranger.auth)).toBeProblem(404)
    }
    expect(await api.patch(path, { title: 'Mine' })).toBeProblem(401)
    for (const [query, as] of [
      ['', {}],
      ['', strangers[0]],
      ['&status=draft', strangers[0]],
      ['&status=draft', strangers[1]],
    ] as const) {
      const posts = (await readPages<Post>(api, `/posts?limit=100${query}`, as)).flat()
      expect(
        posts.some(post => post.id === draft.id),
        `whether GET /posts?limit=100${query} has the draft`,
      ).toBe(false)
    }
    // Parameters that the brief does not know may be refused, and must not show more.
    const filter = `author=${author.user.id}&authorId=${author.user.id}`
    const filtered = await api.get(`/posts?limit=100&status=draft&${filter}`, strangers[1].auth)
    expect(filtered.text.includes(secret), 'whether the answer contains the title').toBe(false)
    for (const reader of [author, await account(context, 'admin')]) {
      const answer = await api.get(path, reader.auth)
      expect(answer).toHaveStatus(200)
      expect(answer.body, 'the draft').toEqual(draft)
      expect(await api.get(`${path}/comments`, reader.auth)).toHaveStatus(200)
    }
  },
)
