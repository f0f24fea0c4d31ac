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
  readPage,
  readPages,
  remove,
  unfollow,
  warmStatements,
} from './resources.js'
import { check } from './rubric.js'

async function warmFeed(context: CheckContext) {
  const { api } = context
  const [reader = '', author = '', other = ''] = (await createUsers(context, 3)).map(({ id }) => id)
  const posts: string[] = []
  for (const user of [author, other]) {
    await follow(api, reader, user)
    for (let n = 0; n < 3; n++) posts.push((await createPost(api, user)).id)
  }
  await feedIds(api, reader)
  expect(await feedIds(api, reader), 'ids in the feed, read again').toEqual([...posts].sort())
  return { reader, author, other, posts }
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
      const { api, faults } = context
      const { reader, author, posts } = await warmFeed(context)
      await faults.redis[fault]()
      expect(await feedIds(api, reader), 'ids in the feed').toEqual([...posts].sort())
      const pages = await readPages<Post>(api, `/users/${reader}/feed?limit=4`)
      expect(
        pages.map(page => page.length),
        'posts on the pages of 4',
      ).toEqual([4, 2])
      const post = await createPost(api, author)
      await like(api, post.id, reader)
      expect((await read<Post>(api, `/posts/${post.id}`)).likeCount, '`likeCount`').toBe(1)
      const [newest] = (await readPage<Activity>(api, `/users/${author}/activity?limit=1`)).items
      expect(newest?.type, '`type` of the newest activity').toBe('like')
      expect(await api.get('/health')).toHaveStatus(200)
      for (const answer of await inParallel(10, () => api.delete(likePath(post.id, reader)))) {
        expect(answer).toHaveStatus([200, 202, 204])
      }
      expect(await feedIds(api, reader), 'ids in the feed').toEqual([...posts, post.id].sort())
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
    const { api, faults, eventually } = context
    const { reader, author, other, posts } = await warmFeed(context)
    await faults.redis.down()
    const created = await createPost(api, author)
    await remove(api, `/posts/${posts[0]}`)
    await unfollow(api, reader, other)
    const expected = [posts[1], posts[2], created.id].sort()
    expect(await feedIds(api, reader), 'ids in the feed without Redis').toEqual(expected)
    await faults.redis.heal()
    await eventually(
      async () => {
        const sql = await warmStatements(context, `/users/${reader}/feed?limit=50`)
        expect(sql, 'SQL of the feed, read again, after Redis is back').toEqual([])
      },
      { withinMs: 5_000 },
    )
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
    const { api, faults, eventually } = context
    const { reader, author, posts } = await warmFeed(context)
    await faults.redis.stall()
    const created = await createPost(api, author)
    await remove(api, `/posts/${posts[0]}`)
    await faults.redis.heal()
    const expected = [...posts.slice(1), created.id].sort()
    await eventually(
      async () => {
        const path = `/users/${reader}/feed?limit=50`
        expect(await warmStatements(context, path), 'SQL of the feed, read again').toEqual([])
      },
      { withinMs: 5_000 },
    )
    expect(await feedIds(api, reader), 'ids in the feed').toEqual(expected)
  },
)
