import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  createPost,
  createUsers,
  feedIds,
  follow,
  followPath,
  inParallel,
  read,
  type User,
  unfollow,
  unknownIdLike,
} from './resources.js'
import { check } from './rubric.js'

async function twoUsers(context: CheckContext): Promise<readonly [string, string]> {
  const [ada, bob] = await createUsers(context, 2)
  return [ada?.id ?? '', bob?.id ?? '']
}

/** Follower and following counts of both. */
async function counts({ api }: CheckContext, [ada, bob]: readonly [string, string]) {
  const [one, other] = [await read<User>(api, `/users/${ada}`), await read<User>(api, `/users/${bob}`)]
  return {
    ada: [one.followerCount, one.followingCount],
    bob: [other.followerCount, other.followingCount],
  }
}

const nothing = { ada: [0, 0], bob: [0, 0] }
const adaFollowsBob = { ada: [0, 1], bob: [1, 0] }

check(
  'following and unfollowing answer 204, again too',
  {
    row: 'follow',
    brief: 'Following and unfollowing answer 204, also when it was so before.',
    hints: [
      'What does the second request change, and is that an error?',
      'PUT and DELETE say how things shall be: if they are so, all is well.',
    ],
  },
  async context => {
    const { api } = context
    const path = followPath(...(await twoUsers(context)))
    for (const method of ['DELETE', 'PUT', 'PUT', 'DELETE', 'DELETE', 'PUT']) {
      expect(await api.send({ method, path })).toHaveStatus(204)
    }
  },
)

check(
  'following twice counts once, and one unfollow undoes it',
  {
    row: 'follow',
    brief:
      '`followerCount` and `followingCount` are the numbers of users who follow and are followed: following a user twice counts once, and one unfollow undoes it.',
    hints: [
      'How many rows does a second follow leave?',
      'Let the pair of both ids be the primary key, and the insert do nothing on a conflict.',
    ],
  },
  async context => {
    const { api } = context
    const users = await twoUsers(context)
    const path = followPath(...users)
    await follow(api, ...users)
    expect(await counts(context, users), '[followers, following] after following').toEqual(adaFollowsBob)
    await follow(api, ...users)
    expect(await counts(context, users), '[followers, following] after following twice').toEqual(
      adaFollowsBob,
    )
    await api.delete(path)
    expect(await counts(context, users), '[followers, following] after unfollowing').toEqual(nothing)
    await api.delete(path)
    expect(await counts(context, users), '[followers, following] after unfollowing twice').toEqual(nothing)
  },
)

check(
  'an unfollow undoes one follow',
  {
    row: 'follow',
    brief:
      '`followerCount` and `followingCount` are the numbers of users who follow and are followed: following a user twice counts once, and one unfollow undoes it.',
    hints: [
      'Who else follows, and whom else?',
      'Delete by both ids: one of them alone is the key of many rows.',
    ],
  },
  async context => {
    const { api } = context
    const users = await twoUsers(context)
    const [ada, bob] = users
    const [eve = '', mallory = ''] = (await createUsers(context, 2)).map(({ id }) => id)
    await follow(api, ada, bob)
    await follow(api, ada, mallory)
    await follow(api, eve, bob)
    await unfollow(api, ada, bob)
    expect(await counts(context, users), '[followers, following] after unfollowing').toEqual({
      ada: [0, 1],
      bob: [1, 0],
    })
    const { followingCount } = await read<User>(api, `/users/${eve}`)
    expect(followingCount, '`followingCount` of another follower').toBe(1)
  },
)

check(
  'twenty follows in parallel count once',
  {
    row: 'follow',
    brief:
      'Of twenty requests in parallel that make one user follow another, or undo it, each answers 204 and together they count once.',
    hints: [
      'What happens between looking whether the row exists and inserting it?',
      'Let the database decide: a unique key, and an insert that tolerates the conflict.',
    ],
  },
  async context => {
    const { api } = context
    const users = await twoUsers(context)
    const path = followPath(...users)
    for (const answer of await inParallel(20, () => api.send({ method: 'PUT', path }))) {
      expect(answer).toHaveStatus(204)
    }
    expect(await counts(context, users), '[followers, following] of both').toEqual(adaFollowsBob)
    const post = await createPost(api, users[1])
    expect(await feedIds(api, users[0]), 'ids in the feed').toEqual([post.id])
    for (const answer of await inParallel(20, () => api.delete(path))) expect(answer).toHaveStatus(204)
    expect(await counts(context, users), '[followers, following] after unfollowing').toEqual(nothing)
  },
)

check(
  'fifty follows in parallel are counted exactly',
  {
    row: 'follow',
    brief:
      'When fifty users follow one in parallel, the `followerCount` is 50 higher, and when one user follows fifty in parallel, the `followingCount`; the same goes for undoing it.',
    hints: [
      'What if two requests read the same count before either writes?',
      'Count the rows, or let one statement add (`follower_count = follower_count + 1`), always in the same order of users.',
    ],
  },
  async context => {
    const { api } = context
    const [ada = '', ...others] = (await createUsers(context, 51)).map(({ id }) => id)
    for (const [method, count] of [
      ['PUT', 50],
      ['DELETE', 0],
    ] as const) {
      for (const [direction, pathTo] of [
        ['to', (other: string) => followPath(other, ada)],
        ['from', (other: string) => followPath(ada, other)],
      ] as const) {
        const answers = await inParallel(50, n => api.send({ method, path: pathTo(others[n] ?? '') }))
        for (const answer of answers) expect(answer).toHaveStatus(204)
        const { followerCount, followingCount } = await read<User>(api, `/users/${ada}`)
        if (direction === 'to') expect(followerCount, `\`followerCount\` after fifty ${method}`).toBe(count)
        else expect(followingCount, `\`followingCount\` after fifty ${method}`).toBe(count)
      }
    }
  },
)

check(
  'nobody follows himself',
  {
    row: 'follow',
    brief: 'Nobody follows himself: 422, and nothing is counted.',
    hints: [
      'What if both ids are the same?',
      'Compare them before you write; a CHECK constraint is a second guard.',
    ],
  },
  async context => {
    const { api } = context
    const users = await twoUsers(context)
    expect(await api.send({ method: 'PUT', path: followPath(users[0], users[0]) })).toBeProblem(422)
    expect(await counts(context, users), '[followers, following] of both').toEqual(nothing)
  },
)

check(
  'following is not mutual',
  {
    row: 'follow',
    brief: 'Following is not mutual: whom you follow does not follow you.',
    hints: ['Who reads whom?', 'The row has a direction: follower and followee.'],
  },
  async context => {
    const { api } = context
    const [ada, bob] = await twoUsers(context)
    await follow(api, ada, bob)
    const [mine, theirs] = [await createPost(api, ada), await createPost(api, bob)]
    expect(await feedIds(api, ada), 'ids in the feed of the follower').toContain(theirs.id)
    expect(await feedIds(api, bob), 'ids in the feed of the other').not.toContain(mine.id)
  },
)

check(
  'users who do not exist are 404',
  {
    row: 'follow',
    brief: 'Following or unfollowing a user who does not exist, or on behalf of one, answers 404.',
    hints: [
      'What tells you that one of both ids names nobody?',
      'An insert violates a foreign key; a delete that deletes nothing has to ask.',
    ],
  },
  async context => {
    const { api, random } = context
    const [ada] = await twoUsers(context)
    for (const nobody of [unknownIdLike(ada), random.letters(10)]) {
      for (const method of ['PUT', 'DELETE']) {
        expect(await api.send({ method, path: followPath(ada, nobody) })).toBeProblem(404)
        expect(await api.send({ method, path: followPath(nobody, ada) })).toBeProblem(404)
      }
    }
  },
)
