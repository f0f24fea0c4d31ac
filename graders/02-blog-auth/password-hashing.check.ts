import { setTimeout as sleep } from 'node:timers/promises'
import bcrypt from 'bcryptjs'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { account, disguises, logIn, register } from './resources.js'
import { check } from './rubric.js'

async function hashOf({ sql }: CheckContext, email: string): Promise<string> {
  const [row] = await sql<{ hash: string }>(
    'select password_hash::text as hash from users where lower(email) = lower($1)',
    [email],
  )
  return row?.hash ?? ''
}

check(
  'the password column holds a bcrypt hash of cost 10 or more',
  {
    row: 'password-hashing',
    brief:
      '`users.password_hash` is a bcrypt hash (`$2a$`, `$2b$` or `$2y$`) of cost 10 or more, and it fits the password as it was sent.',
    hints: [
      'Look into the column: the number after the second $ is the cost.',
      'Hash the password itself, untrimmed, with a library for bcrypt.',
    ],
  },
  async context => {
    const password = ` ${context.random.letters(12)} Grüße `
    const { email } = await register(context, { password })
    const hash = await hashOf(context, email)
    expect(hash, '`users.password_hash`').toMatch(/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/)
    expect(Number(hash.slice(4, 6)), 'the cost').toBeGreaterThanOrEqual(10)
    expect(await bcrypt.compare(password, hash), 'whether the hash fits the password').toBe(true)
  },
)

check(
  'equal passwords have different hashes',
  {
    row: 'password-hashing',
    brief: 'Two users with the same password have different hashes.',
    hints: [
      'What does a thief see in a table where equal hashes stand out?',
      'Every hash needs a salt of its own.',
    ],
  },
  async context => {
    const { hash, password } = await account(context, 'viewer')
    const { email } = await register(context, { password })
    expect(await hashOf(context, email), 'hash of the second user').not.toBe(hash)
  },
)

check(
  'the password stands nowhere else',
  {
    row: 'password-hashing',
    brief:
      'The password stands nowhere else: in no column of any table, no key or value in Redis, and no line that the server prints, neither in clear nor in base64 or hex.',
    hints: ['Search your database and your log for a password that you used.', 'Do not log request bodies.'],
  },
  async context => {
    const { api, logs } = context
    const { email, password } = await register(context)
    await logIn(api, { email, password })
    await api.post('/auth/login', { email, password: `${password}!` })
    await api.post('/auth/register', { email, password, name: '' })
    // What the app prints is on its way while its answer already is here.
    await sleep(200)
    const places = {
      ...(await tables(context)),
      ...(await redisTexts(context)),
      'its log': (await logs()).join('\n'),
    }
    for (const [place, text] of Object.entries(places)) {
      const found = disguises(password).some(needle => text.includes(needle))
      expect(found, `whether the password stands in ${place}`).toBe(false)
    }
  },
)

/** Every table of the app with all its rows as one text. */
async function tables({ sql }: CheckContext): Promise<Record<string, string>> {
  const names = await sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const texts: Record<string, string> = {}
  for (const { name } of names) {
    const rows = await sql<{ row: string }>(`select t::text as row from ${name} t`)
    texts[`the table ${name}`] = rows.map(({ row }) => row).join('\n')
  }
  return texts
}

async function redisTexts({ redis }: CheckContext): Promise<Record<string, string>> {
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    string: key => redis.get(key),
    hash: key => redis.hgetall(key),
    list: key => redis.lrange(key, 0, -1),
    set: key => redis.smembers(key),
    zset: key => redis.zrange(key, '0', '-1'),
  }
  const texts: Record<string, string> = {}
  for (const key of await redis.keys('*')) {
    const read = readers[await redis.type(key)]
    texts[`Redis under ${key}`] = `${key}\n${JSON.stringify(await read?.(key))}`
  }
  return texts
}

check(
  'what follows the 72nd byte of a password counts',
  {
    row: 'password-hashing',
    brief:
      'A password is compared whole: what follows its 72nd byte counts, so that a longer password than the right one is a wrong one.',
    hints: [
      'How much of a password does bcrypt read?',
      'Refuse a longer password when somebody logs in, too.',
    ],
  },
  async context => {
    const { api } = context
    const password = context.random.letters(72)
    const { email } = await register(context, { password })
    expect(await api.post('/auth/login', { email, password: `${password}x` })).toHaveStatus([401, 422])
    await logIn(api, { email, password })
  },
)
