import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  type Activity,
  createComment,
  createPost,
  createUsers,
  follow,
  followPath,
  inParallel,
  like,
  likePath,
  nextPath,
  readPage,
  readPages,
  remove,
  unfollow,
  warmStatements,
} from './resources.js'
import { check } from './rubric.js'

async function people(context: CheckContext) {
  const [me = '', ada = '', bob = ''] = (await createUsers(context, 3)).map(({ id }) => id)
  return { me, ada, bob, post: (await createPost(context.api, me)).id }
}

/** The activity without times, which only its order tells. */
async function activityOf({ api }: CheckContext, userId: string) {
  const { items } = await readPage<Activity>(api, `/users/${userId}/activity?limit=50`)
  return items.map(({ createdAt: _, ...rest }) => rest)
}

check(
  'the activity is what others did, newest first',
  {
    row: 'activity-feed',
    brief:
      'The activity of a user is what others did: who followed the user, liked a post of the user or commented on it.',
    hints: [
      'Which requests touch something of this user?',
      'Three sources in one order of time: follows, likes and comments, without those of the user.',
    ],
  },
  async context => {
    const { api } = context
    const { me, ada, bob, post } = await people(context)
    expect(await activityOf(context, me), 'the activity of a new user').toEqual([])
    await follow(api, ada, me)
    await sleep(5)
    await like(api, post, bob)
    await sleep(5)
    const comment = await createComment(api, post, ada)
    await like(api, post, me)
    await createComment(api, post, me)
    await follow(api, me, bob)
    const expected = [
      { type: 'comment', userId: ada, postId: post, commentId: comment.id },
      { type: 'like', userId: bob, postId: post, commentId: null },
      { type: 'follow', userId: ada, postId: null, commentId: null },
    ]
    expect(await activityOf(context, me), 'the activity').toEqual(expected)
    expect(await activityOf(context, bob), 'the activity of who was followed').toEqual([
      { type: 'follow', userId: me, postId: null, commentId: null },
    ])
    expect(await activityOf(context, ada), 'the activity of who only acted').toEqual([])
    const [newest] = (await readPage<Activity>(api, `/users/${me}/activity`)).items
    expect(Date.parse(newest?.createdAt ?? ''), '`createdAt` of the comment').toBe(
      Date.parse(comment.createdAt),
    )
  },
)

check(
  'what has no effect is no activity',
  {
    row: 'activity-feed',
    brief: 'What is repeated without effect, such as a second like, is no second activity, also in parallel.',
    hints: [
      'Is an activity a request, or a change?',
      'Make the member of the set from what was done, not from when it was asked.',
    ],
  },
  async context => {
    const { api } = context
    const { me, ada, post } = await people(context)
    await inParallel(5, () => api.send({ method: 'PUT', path: likePath(post, ada) }))
    // What a request is answered that repeats another is the business of other rows.
    for (let n = 0; n < 3; n++) {
      for (const path of [likePath(post, ada), followPath(ada, me)]) await api.send({ method: 'PUT', path })
      expect((await activityOf(context, me)).map(({ type }) => type).sort(), 'types').toEqual([
        'follow',
        'like',
      ])
    }
  },
)

check(
  'what is taken back takes its activity away',
  {
    row: 'activity-feed',
    brief:
      'An unfollow, a like that was taken back, a deleted comment and a deleted post take their activities away.',
    hints: [
      'What is left in the set when its reason has gone?',
      'Remove the member, or forget the set, wherever something is deleted.',
    ],
  },
  async context => {
    const { api } = context
    const { me, ada, bob, post } = await people(context)
    const other = (await createPost(api, me)).id
    await follow(api, ada, me)
    await like(api, post, ada)
    const comment = await createComment(api, post, ada)
    await like(api, other, bob)
    await createComment(api, other, bob)
    const types = async () => (await activityOf(context, me)).map(({ type }) => type).sort()
    expect(await types(), 'types at first').toEqual(['comment', 'comment', 'follow', 'like', 'like'])
    await unfollow(api, ada, me)
    expect(await types(), 'types after the unfollow').toEqual(['comment', 'comment', 'like', 'like'])
    await remove(api, likePath(post, ada))
    expect(await types(), 'types after the like was taken back').toEqual(['comment', 'comment', 'like'])
    await remove(api, `/comments/${comment.id}`)
    expect(await types(), 'types after the comment was deleted').toEqual(['comment', 'like'])
    await remove(api, `/posts/${other}`)
    expect(await types(), 'types after the post was deleted').toEqual([])
  },
)

check(
  'the sorted set never has more than 100 members, and the list has the newest 100',
  {
    row: 'activity-feed',
    brief:
      'Once it was read, the activity of a user is the sorted set at the key `activity:<userId>` in Redis, which never has more than 100 members, also after new activities that nobody has read.',
    hints: [
      'What keeps the set of a famous user from growing for ever?',
      'Trim it whenever you add to it: ZREMRANGEBYRANK keeps the newest 100.',
    ],
  },
  async context => {
    const { api, redis } = context
    const { me, ada, post } = await people(context)
    const key = `activity:${me}`
    const texts = (from: number, count: number) =>
      inParallel(count, n => api.post(`/posts/${post}/comments`, { userId: ada, text: `${from + n}` }))
    // Pages of 50 end where batches do: what becomes of equal times on a page's edge is another row's business.
    await texts(0, 6)
    const comments: string[] = []
    for (let batch = 0; batch < 4; batch++) {
      await sleep(5)
      comments.push(...(await texts(100 + batch * 25, 25)).map(({ body }) => String(Object(body).id)))
    }
    const list = async () => (await readPages<Activity>(api, `/users/${me}/activity?limit=50`)).flat()
    const first = await list()
    expect(first.map(({ commentId }) => commentId).sort(), 'comments in the activity').toEqual(
      comments.sort(),
    )
    const times = first.map(({ createdAt }) => Date.parse(createdAt))
    expect(times, 'times of the activities').toEqual([...times].sort((a, b) => b - a))
    expect(await redis.type(key), `type of the key ${key}`).toBe('zset')
    expect(await redis.zcard(key), `members of ${key}`).toBeLessThanOrEqual(100)
    expect(await redis.zcard(key), `members of ${key}`).toBeGreaterThan(0)
    await sleep(5)
    await texts(200, 25)
    expect(await redis.zcard(key), `members of ${key} after 25 more`).toBeLessThanOrEqual(100)
    expect((await list()).length, 'activities after 25 more').toBe(100)
    const path = `/users/${me}/activity?limit=50`
    const { nextCursor } = await readPage(api, path)
    const last = nextPath(path, nextCursor)
    expect(await warmStatements(context, last), 'SQL of the last page, read again').toEqual([])
  },
)

check(
  'the newest 100 come first of every kind, and of all kinds together',
  {
    row: 'activity-feed',
    brief: 'The list has the newest 100 activities and ends there.',
    hints: [
      'A hundred of each kind are read, but which?',
      'Order each kind by its time before you cut it, and all of them again before you cut the whole.',
    ],
  },
  async context => {
    const { api, redis } = context
    const [me = '', first = ''] = (await createUsers(context, 2)).map(({ id }) => id)
    const post = (await createPost(api, me)).id
    const others = (await inParallel(100, n => api.post('/users', { name: `Ada ${n}` }))).map(({ body }) =>
      String(Object(body).id),
    )
    for (const [type, pathOf] of [
      ['follow', (user: string) => followPath(user, me)],
      ['like', (user: string) => likePath(post, user)],
    ] as const) {
      const put = (user: string) => api.send({ method: 'PUT', path: pathOf(user) })
      await put(first)
      // Each page of 50 ends between two times, as above.
      for (const batch of [0, 50]) {
        await sleep(5)
        await inParallel(50, n => put(others[batch + n] ?? ''))
      }
      await redis.flushall()
      const items = (await readPages<Activity>(api, `/users/${me}/activity?limit=50`)).flat()
      expect(new Set(items.map(item => item.type)), 'types of the newest 100').toEqual(new Set([type]))
      expect(items.map(({ userId }) => userId).sort(), 'who did the newest 100').toEqual(others.sort())
    }
  },
)

check(
  'activity that was read before takes no SQL',
  {
    row: 'activity-feed',
    brief:
      'A page of the activity that was read before, with nothing written in between, takes no SQL at all.',
    hints: [
      'What does the page still ask Postgres for?',
      'Let a member hold everything that its item shows.',
    ],
  },
  async context => {
    const { api } = context
    const { me, ada, bob, post } = await people(context)
    for (const user of [ada, bob]) {
      await follow(api, user, me)
      await like(api, post, user)
    }
    for (const limit of [3, 50]) {
      const path = `/users/${me}/activity?limit=${limit}`
      expect(await warmStatements(context, path), `SQL of ${path}, read again`).toEqual([])
    }
  },
)

check(
  'an emptied Redis gives the same activities',
  {
    row: 'activity-feed',
    brief: 'When Redis was emptied, the next request gives the same activities.',
    hints: [
      'Where else is it written who did what?',
      'The rows of follows, likes and comments have times: fill the set from them.',
    ],
  },
  async context => {
    const { api, redis } = context
    const { me, ada, bob, post } = await people(context)
    await follow(api, ada, me)
    await sleep(5)
    await createComment(api, post, bob)
    await sleep(5)
    await like(api, post, ada)
    const path = `/users/${me}/activity`
    const before = await readPage<Activity>(api, path)
    await redis.flushall()
    expect(await readPage(api, path), 'the activity after FLUSHALL').toEqual(before)
    await redis.flushall()
    await follow(api, bob, me)
    expect((await activityOf(context, me)).length, 'activities after FLUSHALL and one more').toBe(4)
  },
)
