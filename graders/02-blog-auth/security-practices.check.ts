import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { readMarkdownTable } from '../kit/markdown-table.js'
import { openSession } from './cookies.js'
import { decode } from './forged-tokens.js'
import { account, type Tokens } from './resources.js'
import { check } from './rubric.js'

const settings = [
  'bcrypt cost',
  'access token algorithm',
  'access token lifetime',
  'refresh token lifetime',
  'session lifetime',
  'session cookie',
  'login Cache-Control',
]

async function documented({ readDocument }: CheckContext): Promise<ReadonlyMap<string, string>> {
  const table = readMarkdownTable(await readDocument('docs/security.md'), ['Setting', 'Value'])
  if (!table) return expect.fail('docs/security.md has no table that begins with Setting and Value')
  return new Map(table.map(([setting = '', value = '']) => [setting, value]))
}

const seconds = (value: string | undefined) => Number(/^(\d+) s$/.exec(value ?? '')?.[1])

check(
  'the table has every setting',
  {
    row: 'security-practices',
    brief: 'has a table whose first two columns are `Setting` and `Value`, with exactly these settings',
    hints: ['Compare the first column with the list in the brief.'],
  },
  async context => {
    expect([...(await documented(context)).keys()].sort(), 'settings').toEqual([...settings].sort())
  },
)

check(
  'the settings of passwords and tokens are those of the server',
  {
    row: 'security-practices',
    brief: 'each with the value of your running server',
    hints: [
      'Which of the values did you change since you wrote them down?',
      'Read them off a hash, a token and a row.',
    ],
  },
  async context => {
    const { api, sql } = context
    const table = await documented(context)
    const { email, password, hash } = await account(context, 'viewer')
    const answer = await api.post('/auth/login', { email, password })
    expect(answer).toHaveStatus([200, 201])
    const { accessToken } = answer.body as Tokens
    const { header, payload } = decode(accessToken) ?? expect.fail('the access token is no JWT')
    const [refresh] = await sql<{ seconds: number }>(
      'select extract(epoch from max(expires_at) - now())::float8 as seconds from refresh_tokens',
    )
    expect(Number(table.get('bcrypt cost')), 'bcrypt cost').toBe(Number(hash.slice(4, 6)))
    expect(table.get('access token algorithm'), 'access token algorithm').toBe(header.alg)
    expect(seconds(table.get('access token lifetime')), 'access token lifetime').toBe(
      Number(payload.exp) - Number(payload.iat),
    )
    // Some time has passed since the token was made.
    const rest = Number(refresh?.seconds) - seconds(table.get('refresh token lifetime'))
    expect(Math.abs(rest), 'refresh token lifetime, difference in seconds').toBeLessThan(60)
    const cacheControl = words(answer.headers.get('cache-control') ?? '', ',')
    expect(words(table.get('login Cache-Control'), ','), 'login Cache-Control').toEqual(
      // Where the server does not say so, it has lost the row of the login.
      cacheControl.includes('no-store') ? cacheControl : ['no-store'],
    )
  },
)

check(
  'the settings of sessions are those of the server',
  {
    row: 'security-practices',
    brief: 'The session lifetime is the longest expiry of a key that a login by session makes in Redis.',
    hints: [
      'What does TTL say about the key of a session?',
      'Copy the attributes from the Set-Cookie header.',
    ],
  },
  async context => {
    const { api, redis } = context
    const table = await documented(context)
    const user = await account(context, 'viewer')
    const before = new Set(await redis.keys('*'))
    const { sid } = await openSession(api, user)
    const made = (await redis.keys('*')).filter(key => !before.has(key))
    const lifetimes = await Promise.all(made.map(key => redis.ttl(key)))
    const documentedS = seconds(table.get('session lifetime'))
    expect(documentedS, 'session lifetime in seconds').toBeGreaterThan(0)
    // A key that never expires, or a flag that is missing, has lost the row of the sessions.
    for (const lifetimeS of [Math.max(...lifetimes)].filter(ttl => ttl > 0)) {
      const difference = Math.abs(lifetimeS - documentedS)
      expect(difference, 'session lifetime, difference in seconds').toBeLessThan(60)
    }
    const attributes = [...sid.attributes]
      .filter(([name]) => name !== 'max-age' && name !== 'expires')
      .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    const observed = new Set(words(['HttpOnly', 'Secure', 'Path=/', ...attributes].join(';'), ';'))
    expect(words(table.get('session cookie'), ';'), 'session cookie').toEqual([...observed].sort())
  },
)

const words = (text: string | undefined, separator: string) =>
  (text ?? '')
    .toLowerCase()
    .split(separator)
    .map(word => word.trim())
    .filter(word => word !== '')
    .sort()
