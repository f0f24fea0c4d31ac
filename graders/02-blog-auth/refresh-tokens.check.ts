import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import { account, bearer, disguises, logIn, newAccount, removeUser, type Tokens } from './resources.js'
import { check } from './rubric.js'

const refresh = (api: Api, refreshToken: string) => api.post('/auth/refresh', { refreshToken })

function tokensOf(answer: Answer): Tokens {
  expect(answer).toHaveStatus(200)
  const tokens = Object(answer.body) as Tokens
  for (const field of ['accessToken', 'refreshToken'] as const) {
    expect(typeof tokens[field], `type of \`${field}\``).toBe('string')
  }
  return tokens
}

check(
  'a refresh token gives new tokens for the same user',
  {
    row: 'refresh-tokens',
    brief:
      '`POST /auth/refresh` gives new tokens for a refresh token: a new access token of the same user, and another refresh token.',
    hints: ['What does the client need when its access token has expired?', 'The same answer as to a login.'],
  },
  async context => {
    const { api } = context
    const viewer = await account(context, 'viewer')
    let { refreshToken } = await logIn(api, viewer)
    for (let round = 1; round <= 3; round += 1) {
      const tokens = tokensOf(await refresh(api, refreshToken))
      expect(tokens.refreshToken, 'the new refresh token').not.toBe(refreshToken)
      expect(tokens, 'the tokens').toMatchObject({ tokenType: 'Bearer', expiresIn: expect.any(Number) })
      const me = await api.get('/me', bearer(tokens.accessToken))
      expect(me).toHaveStatus(200)
      expect(Object(me.body).id, '`id` in GET /me').toBe(viewer.user.id)
      refreshToken = tokens.refreshToken
    }
  },
)

check(
  'a used or unknown refresh token is worth nothing',
  {
    row: 'refresh-tokens',
    brief:
      'A refresh token that was used up, has expired, was revoked, was never given out or belongs to a user who is gone is answered with 401.',
    hints: [
      'What remains of a token when it was used?',
      'Mark it as used in the statement that looks for it.',
    ],
  },
  async context => {
    const { api } = context
    const user = await newAccount(context)
    const { accessToken, refreshToken } = user.tokens
    for (const token of [
      accessToken,
      `${refreshToken}x`,
      refreshToken.slice(1),
      '',
      "' or 1=1 --",
      'a\u0000b',
    ]) {
      expect(await refresh(api, token)).toHaveStatus([401, 422])
    }
    const next = tokensOf(await refresh(api, refreshToken))
    expect(await refresh(api, refreshToken)).toBeProblem(401)
    expect(next.refreshToken, 'the next refresh token').not.toBe(refreshToken)
    const again = await logIn(api, user)
    if (await removeUser(context, user.user)) {
      expect(await refresh(api, again.refreshToken)).toBeProblem(401)
    }
  },
)

check(
  'a refresh token that comes twice kills its family',
  {
    row: 'refresh-tokens',
    brief: 'Using a refresh token a second time kills its family',
    hints: [
      'Two people have the token, and you cannot tell who is the thief. Whom do you trust?',
      'Nobody: keep what came from one login under one family id, and revoke all of it.',
    ],
  },
  async context => {
    const { api } = context
    const user = await account(context, 'viewer')
    const [stolen, elsewhere] = [await logIn(api, user), await logIn(api, user)]
    const second = tokensOf(await refresh(api, stolen.refreshToken))
    const third = tokensOf(await refresh(api, second.refreshToken))
    expect(await refresh(api, stolen.refreshToken)).toHaveStatus(401)
    expect(await refresh(api, third.refreshToken)).toHaveStatus(401)
    tokensOf(await refresh(api, elsewhere.refreshToken))
  },
)

check(
  'of several requests with one refresh token at most one succeeds',
  {
    row: 'refresh-tokens',
    brief: 'Of several requests in parallel with one refresh token at most one succeeds.',
    hints: ['What lies between looking for the token and marking it as used?', 'One UPDATE that does both.'],
  },
  async context => {
    const { api } = context
    const user = await account(context, 'viewer')
    for (let round = 0; round < 3; round += 1) {
      const { refreshToken } = await logIn(api, user)
      const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(api, refreshToken)))
      for (const answer of answers) expect(answer).toHaveStatus([200, 401])
      const succeeded = answers.filter(answer => answer.status === 200).length
      expect(succeeded, 'requests that succeeded').toBeLessThanOrEqual(1)
    }
  },
)

check(
  'logging out revokes the family',
  {
    row: 'refresh-tokens',
    brief:
      '`POST /auth/logout` revokes the family of the refresh token and answers 204, also when the token is not good.',
    hints: [
      'Does logging out work with a token that was used already?',
      'Find the family, then revoke all of it.',
    ],
  },
  async context => {
    const { api } = context
    const user = await account(context, 'viewer')
    const [first, elsewhere] = [await logIn(api, user), await logIn(api, user)]
    const second = tokensOf(await refresh(api, first.refreshToken))
    const logOut = (refreshToken: string) => api.post('/auth/logout', { refreshToken })
    expect(await logOut(second.refreshToken)).toHaveStatus(204)
    expect(await refresh(api, second.refreshToken)).toHaveStatus(401)
    expect(await logOut(second.refreshToken)).toHaveStatus(204)
    expect(await logOut('never given out')).toHaveStatus(204)
    const third = tokensOf(await refresh(api, elsewhere.refreshToken))
    expect(await logOut(elsewhere.refreshToken)).toHaveStatus(204)
    expect(await refresh(api, third.refreshToken)).toHaveStatus(401)
  },
)

check(
  'a refresh token expires',
  {
    row: 'refresh-tokens',
    brief:
      'There is a table `refresh_tokens` with a `timestamptz` column `expires_at`, between 1 and 90 days after the token was made; once it is past, the token has expired.',
    hints: ['Who looks at expires_at?', 'It belongs in the WHERE of the statement that finds the token.'],
  },
  async context => {
    const { api, sql } = context
    const user = await account(context, 'viewer')
    const { refreshToken } = await logIn(api, user)
    const [row] = await sql<{ days: number }>(
      'select extract(epoch from max(expires_at) - now())::float8 / 86400 as days from refresh_tokens',
    )
    expect(row?.days, 'days until the newest token expires').toBeGreaterThan(0.99)
    expect(row?.days, 'days until the newest token expires').toBeLessThan(90.01)
    await sql("update refresh_tokens set expires_at = now() - interval '1 hour'")
    expect(await refresh(api, refreshToken)).toBeProblem(401)
  },
)

check(
  'the database cannot give refresh tokens away',
  {
    row: 'refresh-tokens',
    brief:
      'The table has no column that holds the token as it was sent, nor in base64 or hex: a hash of it is enough.',
    hints: [
      'Who could log in with a copy of your table?',
      'Store the SHA-256 of the token, and look for that.',
    ],
  },
  async context => {
    const { api, sql } = context
    const user = await account(context, 'viewer')
    const { refreshToken } = await logIn(api, user)
    const next = tokensOf(await refresh(api, refreshToken))
    const rows = await sql<{ row: string }>('select t::text as row from refresh_tokens t')
    expect(rows.length, 'rows in refresh_tokens').toBeGreaterThan(0)
    const texts = rows.map(({ row }) => row).join('\n')
    for (const token of [refreshToken, next.refreshToken]) {
      // A token that is itself base64 may be stored as the bytes that it stands for.
      const needles = [...disguises(token), Buffer.from(token, 'base64url').toString('hex')]
      const found = needles.some(needle => needle !== '' && texts.includes(needle))
      expect(found, 'whether a row has the token').toBe(false)
    }
  },
)

check(
  'refresh tokens survive a restart',
  {
    row: 'refresh-tokens',
    brief: 'Refresh tokens survive a restart of the server.',
    hints: ['Where does your server remember tokens and families?', 'All of it belongs into the table.'],
  },
  async context => {
    const { api, restartApp } = context
    const user = await account(context, 'viewer')
    const used = await logIn(api, user)
    const kept = await logIn(api, user)
    const next = tokensOf(await refresh(api, used.refreshToken))
    await restartApp()
    tokensOf(await refresh(api, kept.refreshToken))
    expect(await refresh(api, used.refreshToken)).toHaveStatus(401)
    expect(await refresh(api, next.refreshToken)).toHaveStatus(401)
  },
)
