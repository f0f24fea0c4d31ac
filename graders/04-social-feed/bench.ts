import { randomUUID } from 'node:crypto'
import { type BenchAnswer, type BenchApp, defineBench, inParallel, type LoadRequest } from '../kit/bench.js'
import type { Random } from '../kit/random.js'

const USERS = 10_000
const POSTS = 100_000
const FOLLOWS = 200_000
const STARS = 20
const FOLLOWERS_OF_A_STAR = 2_000
const READERS = 500
const PAGE = 20
const FIRST_POST_AT = Date.parse('2026-01-01T00:00:00.000Z')
const POST_EVERY_MS = 60_000

interface Post {
  readonly id: string
  readonly author: number
  readonly text: string
  readonly createdAt: string
}

/** Users are numbers here: places in `ids`. The first `STARS` of them have many followers. */
interface Seed {
  readonly ids: readonly string[]
  readonly followees: readonly (readonly number[])[]
  /** The oldest first; no two of one time. */
  readonly posts: readonly Post[]
}

interface Data {
  readonly ids: readonly string[]
  /** Those whose feeds are read warm. */
  readonly readers: readonly number[]
  /** All users in an order of no meaning. */
  readonly shuffled: readonly number[]
  /** For each star, one of its followers. */
  readonly fans: readonly number[]
  /** The texts of the first page of a user's feed. */
  readonly feedOf: (user: number) => readonly string[]
}

function makeSeed(random: Random): Seed {
  const ids = Array.from({ length: USERS }, () => uuid(random))
  const followees = ids.map(() => new Set<number>())
  const anyone = () => random.integer(0, USERS - 1)
  const follow = (follower: number, followee: number) => {
    const of = followees[follower]
    if (!of || follower === followee || of.has(followee)) return 0
    of.add(followee)
    return 1
  }
  for (let star = 0; star < STARS; star++) {
    for (let has = 0; has < FOLLOWERS_OF_A_STAR; ) has += follow(anyone(), star)
  }
  for (let has = STARS * FOLLOWERS_OF_A_STAR; has < FOLLOWS; ) has += follow(anyone(), anyone())
  const posts = Array.from({ length: POSTS }, (_, n) => ({
    id: uuid(random),
    author: anyone(),
    text: `Post ${n} ${random.letters(random.integer(20, 200))}`,
    createdAt: timeOf(n),
  }))
  return { ids, followees: followees.map(of => [...of]), posts }
}

const timeOf = (n: number) => new Date(FIRST_POST_AT + n * POST_EVERY_MS).toISOString()

/** A version 4 UUID (RFC 9562, section 5.4) of the seed's random values. */
function uuid(random: Random): string {
  const hex = (digits: number) =>
    random
      .integer(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, '0')
  return `${hex(4)}${hex(4)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(6)}${hex(6)}`
}

function firstPages({ followees, posts }: Seed): Data['feedOf'] {
  const byAuthor = followees.map(() => [] as number[])
  for (const [n, { author }] of posts.entries()) byAuthor[author]?.push(n)
  const known = new Map<number, readonly string[]>()
  return user => {
    const page =
      known.get(user) ??
      [user, ...(followees[user] ?? [])]
        .flatMap(author => byAuthor[author]?.slice(-PAGE) ?? [])
        .sort((a, b) => b - a)
        .slice(0, PAGE)
        .map(n => posts[n]?.text ?? '')
    known.set(user, page)
    return page
  }
}

function readFeed({ ids, feedOf }: Data, user: number): LoadRequest {
  return {
    path: `/users/${ids[user]}/feed`,
    fault(answer) {
      const texts = textsOf(answer)
      return texts.join() === feedOf(user).join()
        ? undefined
        : `expected the newest ${feedOf(user).length} posts of that feed, got ${texts.length} others`
    },
  }
}

function textsOf({ body }: BenchAnswer): readonly string[] {
  const { items } = Object(body) as { items?: unknown }
  return Array.isArray(items) ? items.map(item => String(Object(item).text)) : []
}

const post = (userId: string | undefined, text: string) =>
  ({ method: 'POST', path: '/posts', body: { userId, text } }) as const

export const bench = defineBench<Data, Seed>({
  brief:
    'The rate of each scenario is set against that of the reference, measured in the same run: half of it gives all of the points.',
  hints: [
    'Which of the scenarios is slow, and what does one request of it cost in SQL and in Redis?',
    'A warm page needs no SQL, a cold one a fixed number of statements, and a post one round trip for many followers.',
  ],
  seed: {
    make: makeSeed,
    tables: ({ ids, followees, posts }) => [
      {
        name: 'users',
        columns: ['id', 'name', 'createdAt'],
        rows: ids.map((id, n) => [id, `User ${n}`, timeOf(0)]),
      },
      {
        name: 'follows',
        columns: ['followerId', 'followeeId', 'createdAt'],
        rows: followees.flatMap((of, follower) =>
          of.map(followee => [ids[follower] ?? '', ids[followee] ?? '', timeOf(followee)]),
        ),
      },
      {
        name: 'posts',
        columns: ['id', 'userId', 'text', 'createdAt'],
        rows: posts.map(({ id, author, text, createdAt }) => [id, ids[author] ?? '', text, createdAt]),
      },
    ],
  },
  async prepare({ ask, random }, seed) {
    const users = [...seed.ids.keys()]
    const readers = Array.from({ length: READERS }, () => random.integer(STARS, USERS - 1))
    const data: Data = {
      ids: seed.ids,
      readers,
      // An odd step that shares no factor with the number of users visits each of them once.
      shuffled: users.map(n => (n * 7_919) % USERS),
      fans: users.slice(0, STARS).map(star => seed.followees.findIndex(of => of.includes(star))),
      feedOf: firstPages(seed),
    }
    await inParallel(readers, 8, reader => ask({ path: `/users/${seed.ids[reader]}/feed` }))
    return data
  },
  scenarios: [
    {
      id: 'warm-feed',
      title: 'Warm feeds',
      weight: 2,
      connections: 8,
      request: (data, random) => readFeed(data, data.readers[random.integer(0, READERS - 1)] ?? 0),
    },
    {
      id: 'cold-feed',
      title: 'Cold feeds',
      weight: 1,
      connections: 8,
      before: app => app.emptyRedis(),
      request: (data, _random, n) => readFeed(data, data.shuffled[n % USERS] ?? 0),
    },
    {
      id: 'fan-out',
      title: `Posts to ${FOLLOWERS_OF_A_STAR.toLocaleString('en')} followers`,
      weight: 2,
      connections: 4,
      request({ ids }, random) {
        const userId = ids[random.integer(0, STARS - 1)]
        const text = `Breaking ${random.letters(40)}`
        return {
          ...post(userId, text),
          fault({ status, body }) {
            const made = Object(body)
            return status === 201 && made.text === text && made.userId === userId
              ? undefined
              : `expected status 201 and the post that was sent, got ${status}`
          },
        }
      },
      after: (app, data) => missedFollower(app, data),
    },
  ],
  comparisons: [{ title: 'Warm against cold feeds', fast: 'warm-feed', slow: 'cold-feed' }],
  slow: [
    {
      id: 'no-feed-cache',
      file: 'feed.ts',
      find: 'load: page => readPositions(id, page),',
      replace: 'load: page => loadFeed(db, id, page),',
      because: 'Every page of a feed is put together in Postgres.',
    },
  ],
})

/** The load's own posts are in no known order; one more is at the top of a follower's feed. */
async function missedFollower(
  { ask, send, random }: BenchApp,
  { ids, fans }: Data,
): Promise<string | undefined> {
  const star = random.integer(0, STARS - 1)
  const text = `Are you there ${randomUUID()}`
  await ask(post(ids[star], text))
  const feed = await send({ path: `/users/${ids[fans[star] ?? 0]}/feed` })
  return textsOf(feed).includes(text) ? undefined : 'a post is not in the feed of a follower'
}
