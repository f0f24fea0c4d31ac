import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  createPost,
  createPosts,
  createUsers,
  feedIds,
  follow,
  nextPath,
  type Post,
  readPage,
  remove,
  unfollow,
  warmStatements,
} from './resources.js'
import { check } from './rubric.js'

/** Ids of a reader and of authors whom the reader follows, and the reader's feed in the cache. */
async function readerOf(context: CheckContext, authors: number) {
  const [reader = '', ...others] = (await createUsers(context, authors + 1)).map(({ id }) => id)
  for (const other of others) await follow(context.api, reader, other)
  return { reader, authors: others, feed: `/users/${reader}/feed` }
}

/** The feed must be the one that comes from Postgres. Whether an own post belongs into it is another row's business. */
async function expectAsMadeAnew({ api, redis }: CheckContext, userId: string) {
  const ids = await feedIds(api, userId)
  await redis.flushall()
  expect(ids, 'ids in the feed of the author, compared with those after FLUSHALL').toEqual(
    await feedIds(api, userId),
  )
}

check(
  'a page that was read before takes no SQL',
  {
    row: 'feed-cache',
    brief:
      'The second of two equal requests for a page among the newest 100 posts of a feed, with nothing written in between, takes no SQL at all, whatever its `limit`; nor does one for an empty feed.',
    hints: [
      'Which statements are left when a page is read again?',
      'The ids of the feed and the posts themselves are both in Redis; and an empty feed is a result too.',
    ],
  },
  async context => {
    const { api } = context
    const { authors, feed } = await readerOf(context, 2)
    expect(await warmStatements(context, feed), `SQL of ${feed}, empty, read again`).toEqual([])
    await createPosts(api, authors[0] ?? '', 1)
    expect(await warmStatements(context, feed), `SQL of ${feed} with one post, read again`).toEqual([])
    for (let n = 0; n < 12; n++) await createPosts(api, authors[n % 2] ?? '', 2)
    for (const limit of [20, 50, 3]) {
      const path = `${feed}?limit=${limit}`
      expect(await warmStatements(context, path), `SQL of ${path}, read again`).toEqual([])
    }
    const { nextCursor } = await readPage(api, `${feed}?limit=10`)
    const second = nextPath(`${feed}?limit=10`, nextCursor)
    expect(await warmStatements(context, second), 'SQL of the second page, read again').toEqual([])
  },
)

check(
  "a new post is in every follower's feed and the author's",
  {
    row: 'feed-cache',
    brief:
      'A new post is in the feed of every follower and of its author right after it was created, also when that feed was read from the cache just before.',
    hints: [
      'Whose cached feeds does a new post belong into?',
      'Ask for the followers when the post is there, and change or forget the feed of each of them, and your own.',
    ],
  },
  async context => {
    const { api } = context
    const [author = '', ...followers] = (await createUsers(context, 4)).map(({ id }) => id)
    for (const follower of followers) await follow(api, follower, author)
    const posts: string[] = []
    for (let n = 0; n < 3; n++) {
      for (const reader of followers) {
        await feedIds(api, reader)
        expect(await feedIds(api, reader), 'ids in a feed').toEqual([...posts].sort())
      }
      await feedIds(api, author)
      posts.push((await createPost(api, author)).id)
    }
    for (const reader of followers) {
      expect(await feedIds(api, reader), 'ids in a feed after the last post').toEqual([...posts].sort())
    }
    await expectAsMadeAnew(context, author)
  },
)

check(
  'following brings the posts, older ones and new ones',
  {
    row: 'feed-cache',
    brief:
      'Right after following, the feed has the posts of the one who is followed, older ones too, and then every new one.',
    hints: [
      'What is in the cache of somebody who has just followed another?',
      'A feed from before: forget it when its owner follows or unfollows.',
    ],
  },
  async context => {
    const { api } = context
    const [reader = '', author = ''] = (await createUsers(context, 2)).map(({ id }) => id)
    const posts = await createPosts(api, author, 2)
    await feedIds(api, reader)
    expect(await feedIds(api, reader), 'ids in the feed before').toEqual([])
    await follow(api, reader, author)
    expect(await feedIds(api, reader), 'ids in the feed right after following').toEqual([...posts].sort())
    posts.push(...(await createPosts(api, author, 2)))
    expect(await feedIds(api, reader), 'ids in the feed after two new posts').toEqual([...posts].sort())
  },
)

check(
  'unfollowing takes the posts away',
  {
    row: 'feed-cache',
    brief: 'Right after unfollowing, none of them is left in the feed.',
    hints: [
      'Which posts has the cache of somebody who has just unfollowed another?',
      'Forget the feed after the row is deleted, before you answer.',
    ],
  },
  async context => {
    const { api } = context
    const { reader, authors } = await readerOf(context, 2)
    const [gone = '', kept = ''] = authors
    await createPosts(api, gone, 3)
    const posts = (await createPosts(api, kept, 2)).sort()
    expect((await feedIds(api, reader)).length, 'posts in the feed before').toBe(5)
    await unfollow(api, reader, gone)
    expect(await feedIds(api, reader), 'ids in the feed right after unfollowing').toEqual(posts)
    await createPosts(api, gone, 1)
    expect(await feedIds(api, reader), 'ids in the feed after one more post').toEqual(posts)
  },
)

check(
  'a deleted post is in no feed',
  {
    row: 'feed-cache',
    brief:
      'A post that was deleted is in no feed, and no page is shorter than its `limit` while more items follow.',
    hints: [
      'Where is a post kept, besides its row?',
      "Forget the post and take it out of the author's and every follower's feed; else a page has a hole.",
    ],
  },
  async context => {
    const { api } = context
    const [author = '', ...followers] = (await createUsers(context, 3)).map(({ id }) => id)
    for (const follower of followers) await follow(api, follower, author)
    const posts = await createPosts(api, author, 7)
    for (const user of [author, ...followers]) {
      await readPage(api, `/users/${user}/feed?limit=3`)
      await feedIds(api, user)
    }
    const [gone] = posts.splice(5, 1)
    await remove(api, `/posts/${gone}`)
    for (const user of followers) {
      const path = `/users/${user}/feed?limit=3`
      const first = await readPage<Post>(api, path)
      const second = await readPage<Post>(api, nextPath(path, first.nextCursor))
      const ids = (page: { items: readonly Post[] }) => page.items.map(({ id }) => id)
      expect([ids(first).length, ids(second).length], 'items on two pages of 3').toEqual([3, 3])
      expect([...ids(first), ...ids(second)].sort(), 'ids on both').toEqual([...posts].sort())
    }
    await expectAsMadeAnew(context, author)
  },
)

check(
  'an emptied Redis is filled again with the same feed',
  {
    row: 'feed-cache',
    brief:
      'When Redis was emptied, the next request gives the same feed, made from Postgres, and the one after takes no SQL again.',
    hints: [
      'What does your server take a missing key for?',
      'No key means that nobody knows, not that the feed is empty.',
    ],
  },
  async context => {
    const { api, redis } = context
    const { authors, feed } = await readerOf(context, 2)
    for (const author of authors) await createPosts(api, author, 3)
    const before = await readPage<Post>(api, `${feed}?limit=4`)
    expect(before.items.length, 'posts on the page').toBe(4)
    await redis.flushall()
    const again = await readPage<Post>(api, `${feed}?limit=4`)
    expect(again.items, 'posts on the page after FLUSHALL').toEqual(before.items)
    expect(again.nextCursor, '`nextCursor` of the page after FLUSHALL').not.toBeNull()
    expect(await warmStatements(context, `${feed}?limit=4`), 'SQL of the page, read again').toEqual([])
    await redis.flushall()
    const { id } = await createPost(api, authors[0] ?? '')
    const after = await readPage<Post>(api, `${feed}?limit=50`)
    expect(after.items.length, 'posts after FLUSHALL and one more post').toBe(7)
    expect(
      after.items.some(post => post.id === id),
      'whether the new post is there',
    ).toBe(true)
  },
)

check(
  'posts that are created while feeds are read are all there afterwards',
  {
    row: 'feed-cache',
    brief:
      'When posts are created in parallel with requests for the feed, afterwards the feed has all of them.',
    hints: [
      'A request reads Postgres, then a post is created, then the request writes what it read into Redis. What is in Redis?',
      'Fill only if nothing was forgotten since you began to read: a token beside the key that every change deletes.',
    ],
  },
  async context => {
    const { api, redis } = context
    const { reader, authors, feed } = await readerOf(context, 3)
    const posts: string[] = []
    for (let round = 0; round < 6; round++) {
      await redis.flushall()
      const [created] = await Promise.all([
        Promise.all(authors.map(author => createPost(api, author))),
        Promise.all(Array.from({ length: 8 }, () => readPage(api, feed))),
      ])
      posts.push(...created.map(({ id }) => id))
      expect(await feedIds(api, reader), 'ids in the feed').toEqual([...posts].sort())
    }
  },
)
