import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { readMarkdownTable } from '../kit/markdown-table.js'
import { createComment, createPosts, createUsers, follow, like, readPage } from './resources.js'
import { check } from './rubric.js'

interface Family {
  readonly pattern: string
  readonly type: string
  /** Undefined for `none`. */
  readonly ttlSeconds: number | undefined
  matches(key: string): boolean
}

async function readTable({ readDocument }: CheckContext): Promise<readonly Family[]> {
  const rows = readMarkdownTable(await readDocument('docs/caching-strategy.md'), ['Key', 'Type', 'TTL'])
  expect(rows, 'the table with the columns Key, Type and TTL').toBeDefined()
  return (rows ?? []).map(([pattern = '', type = '', ttl = '']) => {
    expect(ttl, `TTL of ${pattern}`).toMatch(/^(none|\d+)( s| seconds)?$/)
    const parts = pattern.split(/<[^>]*>/).map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const whole = new RegExp(`^${parts.join('.+')}$`, 's')
    return {
      pattern,
      type,
      ttlSeconds: ttl === 'none' ? undefined : Number.parseInt(ttl, 10),
      matches: key => whole.test(key),
    }
  })
}

/** Writes and reads what the brief names, and gives the keys that are in Redis then. */
async function useServer(context: CheckContext): Promise<readonly string[]> {
  const { api, redis } = context
  const [reader = '', author = ''] = (await createUsers(context, 2)).map(({ id }) => id)
  await follow(api, reader, author)
  const [post = ''] = await createPosts(api, author, 3)
  await like(api, post, reader)
  await createComment(api, post, reader)
  for (const user of [reader, author]) {
    for (const list of ['feed', 'posts', 'activity']) await readPage(api, `/users/${user}/${list}`)
  }
  await readPage(api, `/posts/${post}/comments`)
  return allKeys(redis)
}

async function allKeys(redis: Redis): Promise<readonly string[]> {
  const keys = new Set<string>()
  for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
    const [next, found] = await redis.scan(cursor, 'COUNT', 1_000)
    cursor = next
    for (const key of found) keys.add(key)
  }
  return [...keys]
}

check(
  'every key in Redis is as the table says',
  {
    row: 'caching-strategy',
    brief:
      'Every key that is in Redis after the grader used the server is one of the table: its type is the one of the table, and it expires within the TTL, or never where the table says `none`.',
    hints: [
      'Which keys does redis-cli list while your server works?',
      'Compare TYPE and TTL of each with the row of the table.',
    ],
  },
  async context => {
    const { redis } = context
    const families = await readTable(context)
    for (const key of await useServer(context)) {
      const [type, ttlMs] = [await redis.type(key), await redis.pttl(key)]
      if (ttlMs === -2) continue
      const family = families.find(each => each.matches(key))
      expect(family, `the row of the table for the key ${key}`).toBeDefined()
      if (!family) continue
      expect(type, `type of the key ${key}`).toBe(family.type)
      if (family.ttlSeconds === undefined) {
        expect(ttlMs, `milliseconds that ${key} lives, -1 for ever`).toBe(-1)
      } else {
        expect(ttlMs, `milliseconds that ${key} lives`).toBeGreaterThan(0)
        expect(ttlMs, `milliseconds that ${key} lives`).toBeLessThanOrEqual(family.ttlSeconds * 1000)
      }
    }
  },
)

check(
  'every row of the table has a key in Redis',
  {
    row: 'caching-strategy',
    brief:
      'Every row of the table has a key in Redis after posts, follows, likes, comments, feeds and activities were written and read, except rows with a TTL of at most 30 seconds.',
    hints: ['Is a row left from an earlier design?', 'Delete what the server does not keep any more.'],
  },
  async context => {
    const families = await readTable(context)
    const keys = await useServer(context)
    const unused = families.filter(
      ({ ttlSeconds = Number.POSITIVE_INFINITY, matches }) => ttlSeconds > 30 && !keys.some(matches),
    )
    expect(
      unused.map(({ pattern }) => pattern),
      'rows of the table without a key',
    ).toEqual([])
    expect(
      families.some(({ matches }) => matches('activity:somebody')),
      'whether the table has `activity:<userId>`',
    ).toBe(true)
  },
)
