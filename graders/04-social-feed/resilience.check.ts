import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  type Activity,
  createPost,
  createUsers,
  feedIds,
  follow,
  inParallel,
  like,
  likePath,
  type Post,
  read,
  readPages,
  remove,
  unfollow,
} from './resources.js'
import { check } from './rubric.js'

/** A reader's feed of six posts, which is in Redis: read again, it takes no SQL. */
async function warmFeed(context: CheckContext) {
  const { api } = context
  const [reader = '', author = '', other = ''] = (await createUsers(context, 3)).map(({ id }) => id)
  const posts: string[] = []
  for (const user of [author, other]) {
    await follow(api, reader, user)
    for (let n = 0; n < 3; n++) posts.push((await createPost(api, user)).id)
  }
  await usesRedis(context, reader)
  expect(await feedIds(api, reader), 'ids in the feed, read again').toEqual([...posts].sort())
  return { reader, author, other, posts }
}

/**
 * Waits until the feed comes from Redis, as it must within 5 seconds. Nothing here is an assertion about an answer:
 * when a check has failed before, its own answer is the one that is shown.
 */
async function usesRedis({ api, statementsOf, eventually }: CheckContext, reader: string): Promise<void> {
  const path = `/users/${reader}/feed?limit=50`
  await eventually(
    async () => {
      await api.get(path)
      const again = await api.get(path)
      expect(again.status, `status of ${path}`).toBe(200)
      const statements = (await statementsOf(again)).map(({ sql }) => sql)
      expect(statements, `SQL of ${path}, read again`).toEqual([])
    },
    { withinMs: 5_000 },
  )
}

interface Outage {
  readonly fault: 'down' | 'stall'
  /** Whose feed shows whether Redis is used again. */
  readonly reader: string
}

/** Does `body` without Redis and waits until Redis is used again: no later check begins while it is not. */
async function without(
  context: CheckContext,
  { fault, reader }: Outage,
  body: () => Promise<void>,
): Promise<void> {
  const redis = context.faults.redis
  await redis[fault]()
  const [during] = await Promise.allSettled([body()])
  await redis.heal()
  const [afterwards] = await Promise.allSettled([usesRedis(context, reader)])
  for (const outcome of [during, afterwards]) if (outcome.status === 'rejected') throw outcome.reason
}

for (const fault of ['down', 'stall'] as const) {
  const title = {
    down: 'while Redis cannot be reached everything is answered from Postgres',
    stall: 'while Redis does not answer everything is answered from Postgres',
  }[fault]
  check(
    title,
    {
      row: 'resilience',
      brief:
        'While Redis cannot be reached, or accepts connections and does not answer, feeds, activities and all other routes answer as always, within 5 seconds, from Postgres.',
      hints: {
        down: [
          'What does your Redis client do with commands while it has no connection?',
          'Let them fail at once instead of queueing them, and go to Postgres when they do.',
        ] as const,
        stall: [
          'How long does your Redis client wait for an answer?',
          'Give commands a timeout, and after the first that runs into it do without Redis until it answers again.',
        ] as const,
      }[fault],
    },
    async context => {
      const { api } = context
      const { reader, author, posts } = await warmFeed(context)
      await without(context, { fault, reader }, async () => {
        expect(await feedIds(api, reader), 'ids in the feed').toEqual([...posts].sort())
        const limit = { down: 1, stall: 4 }[fault]
        const pages = await readPages<Post>(api, `/users/${reader}/feed?limit=${limit}`)
        expect(pages[0]?.length, `posts on the first page of ${limit}`).toBe(limit)
        const shown = pages.flat()
        expect(shown.map(({ id }) => id).sort(), `ids on the pages of ${limit}`).toEqual([...posts].sort())
        const times = shown.map(({ createdAt }) => Date.parse(createdAt))
        expect(times, `times on the pages of ${limit}`).toEqual([...times].sort((a, b) => b - a))
        const post = await createPost(api, author)
        await like(api, post.id, reader)
        expect((await read<Post>(api, `/posts/${post.id}`)).likeCount, '`likeCount`').toBe(1)
        const activity = (await readPages<Activity>(api, `/users/${author}/activity?limit=1`)).flat()
        expect(
          activity.map(({ type }) => type),
          'types of the activities',
        ).toEqual(['like', 'follow'])
        expect(await api.get('/health')).toHaveStatus(200)
        for (const answer of await inParallel(10, () => api.delete(likePath(post.id, reader)))) {
          expect(answer).toHaveStatus([200, 202, 204])
        }
        expect(await feedIds(api, reader), 'ids in the feed').toEqual([...posts, post.id].sort())
      })
    },
  )
}

check(
  'Redis is used again when it is back, and has nothing stale',
  {
    row: 'resilience',
    brief:
      'Within 5 seconds after Redis is back, without having been restarted, the server uses it again: the second of two equal requests for a feed takes no SQL.',
    hints: [
      'What was in Redis before it went away, and is that still true?',
      'What you could not take out of the cache has to go before you read from it again: begin with an empty one.',
    ],
  },
  async context => {
    const { api } = context
    const { reader, author, other, posts } = await warmFeed(context)
    const expected = [posts[1] ?? '', posts[2] ?? '']
    await without(context, { fault: 'down', reader }, async () => {
      expected.push((await createPost(api, author)).id)
      await remove(api, `/posts/${posts[0]}`)
      await unfollow(api, reader, other)
      expect(await feedIds(api, reader), 'ids in the feed without Redis').toEqual(expected.sort())
    })
    expect(await feedIds(api, reader), 'ids in the feed after Redis is back').toEqual(expected)
  },
)

check(
  'what changed while Redis was away is in the feeds when it is back',
  {
    row: 'resilience',
    brief: 'What was written while Redis was away is in the feeds then, and what was deleted is not.',
    hints: [
      'Which feeds should have been forgotten while nobody could?',
      'Empty the cache whenever a connection to Redis is made, before it is read.',
    ],
  },
  async context => {
    const { api } = context
    const { reader, author, posts } = await warmFeed(context)
    const expected = posts.slice(1)
    await without(context, { fault: 'stall', reader }, async () => {
      expected.push((await createPost(api, author)).id)
      await remove(api, `/posts/${posts[0]}`)
    })
    expect(await feedIds(api, reader), 'ids in the feed').toEqual(expected.sort())
  },
)
