import { expect } from 'vitest'
import type { Api } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'
import {
  createComment,
  createPost,
  createPosts,
  createUsers,
  follow,
  inParallel,
  nextPath,
  pageOf,
  readPage,
  readPages,
  remove,
} from './resources.js'
import { check } from './rubric.js'

interface Item {
  readonly id: string
  readonly createdAt: string
}

/** A reader who follows an author of seven posts, the last of which has seven comments. */
async function someLists(context: CheckContext) {
  const { api } = context
  const [reader, author] = (await createUsers(context, 2)).map(({ id }) => id) as [string, string]
  await follow(api, reader, author)
  const posts = await createPosts(api, author, 7)
  const comments: string[] = []
  for (let n = 0; n < 7; n++) comments.push((await createComment(api, posts[6] ?? '', reader)).id)
  return {
    reader,
    author,
    posts,
    lists: [
      [`/users/${author}/posts`, posts],
      [`/users/${reader}/feed`, posts],
      [`/posts/${posts[6]}/comments`, comments],
    ] as const,
  }
}

const times = (items: readonly Item[]) => items.map(({ createdAt }) => Date.parse(createdAt))
const descending = (numbers: readonly number[]) => [...numbers].sort((a, b) => b - a)
const idsOf = (pages: readonly (readonly Item[])[]) => pages.flat().map(({ id }) => id)

check(
  'nextCursor leads from page to page, to null on the last',
  {
    row: 'cursor-pagination',
    brief:
      'While more items follow, `nextCursor` is a string that, sent back as `cursor`, gives the next page; on the last page it is null.',
    hints: [
      'How do you know that another page follows?',
      'Ask for one item more than the page has; it is there or it is not.',
    ],
  },
  async context => {
    const { api } = context
    const { reader, author, lists } = await someLists(context)
    const sizes = async (path: string) => (await readPages<Item>(api, path)).map(page => page.length)
    for (const [path] of lists) {
      expect(await sizes(`${path}?limit=3`), `items on the pages of ${path}?limit=3`).toEqual([3, 3, 1])
      expect(await sizes(`${path}?limit=7`), `items on the pages of ${path}?limit=7`).toEqual([7])
      expect(await sizes(`${path}?limit=50`), `items on the pages of ${path}?limit=50`).toEqual([7])
    }
    // One follow and seven comments.
    const activity = `/users/${author}/activity`
    expect(await sizes(`${activity}?limit=4`), `items on the pages of ${activity}?limit=4`).toEqual([4, 4])
    await createPosts(api, author, 14)
    expect(await sizes(`/users/${reader}/feed?`), 'items on the pages of a feed').toEqual([20, 1])
  },
)

check(
  'all pages together have every item once, newest first',
  {
    row: 'cursor-pagination',
    brief:
      'Going through all pages gives every item exactly once, newest first, also in a feed of hundreds of posts, of which a cache may hold the newest only.',
    hints: [
      'Where exactly does the next page begin?',
      'After the last item of this one: strictly older than it.',
    ],
  },
  async context => {
    const { api } = context
    const { lists } = await someLists(context)
    for (const [path, ids] of lists) {
      const pages = await readPages<Item>(api, `${path}?limit=2`)
      expect(idsOf(pages).sort(), `ids on all pages of ${path}`).toEqual([...ids].sort())
      expect(times(pages.flat()), `times on all pages of ${path}`).toEqual(descending(times(pages.flat())))
    }
  },
)

check(
  'a feed goes on where the cache ends',
  {
    row: 'cursor-pagination',
    brief:
      'Going through all pages gives every item exactly once, newest first, also in a feed of hundreds of posts, of which a cache may hold the newest only.',
    hints: [
      'Your cache holds the newest posts of a feed. What comes after the last of them?',
      'When the cached part has fewer than a page needs, go on from Postgres, from the same position.',
    ],
  },
  async context => {
    const { api, redis } = context
    const [reader = '', ...authors] = (await createUsers(context, 3)).map(({ id }) => id)
    for (const author of authors) await follow(api, reader, author)
    const ids: string[] = []
    for (let batch = 0; batch < 5; batch++) {
      const answers = await inParallel(50, n =>
        api.post('/posts', { userId: authors[n % 10 === 0 ? 1 : 0], text: `Post ${n}` }),
      )
      ids.push(...answers.map(({ body }) => String(Object(body).id)))
    }
    const expectAll = async (what: string) => {
      const items = (await readPages<Item>(api, `/users/${reader}/feed?limit=50`)).flat()
      expect(items.map(({ id }) => id).sort(), `ids on all pages of a feed of 250 posts${what}`).toEqual(
        [...ids].sort(),
      )
      expect(times(items), `times on all pages${what}`).toEqual(descending(times(items)))
    }
    await expectAll('')
    await expectAll(', read again')
    await setTimes(context, ['posts'])
    await redis.flushall()
    await expectAll(' that have one time')
  },
)

check(
  'the rest of the pages stays as it was while posts come and go',
  {
    row: 'cursor-pagination',
    brief:
      'Posts that are created while a client goes through the pages do not change the rest of the pages, and when the post at the end of a page is deleted the next page goes on after it.',
    hints: [
      'What do page numbers mean when something was inserted in front?',
      'The cursor holds the position itself, not the way to look it up.',
    ],
  },
  async context => {
    const { api } = context
    for (const list of ['posts', 'feed']) {
      const [reader = '', author = ''] = (await createUsers(context, 2)).map(({ id }) => id)
      await follow(api, reader, author)
      const posts = await createPosts(api, author, 7)
      const path = `/users/${list === 'feed' ? reader : author}/${list}?limit=3`
      const first = await readPage<Item>(api, path)
      await createPosts(api, author, 2)
      const second = await readPage<Item>(api, nextPath(path, first.nextCursor))
      await remove(api, `/posts/${second.items[2]?.id}`)
      const third = await readPage<Item>(api, nextPath(path, second.nextCursor))
      const seen = idsOf([first.items, second.items, third.items])
      expect([...seen].sort(), `ids on three pages of /users/:id/${list}`).toEqual([...posts].sort())
      expect(third.nextCursor, '`nextCursor` of the third page').toBeNull()
    }
  },
)

/** Gives all rows of the tables one time of creation, and tells which. */
async function setTimes({ sql, random }: CheckContext, tables: readonly string[]): Promise<string> {
  const time = new Date(Date.UTC(2026, 0, 1, 12, 0, random.integer(0, 59), 123)).toISOString()
  for (const table of tables) {
    const [column] = await sql(
      `select 1 from pg_attribute where attrelid = to_regclass($1) and attname = 'created_at' and not attisdropped`,
      [table],
    )
    expect(column, `the column created_at of the table ${table}`).toBeDefined()
    await sql(`update ${table} set created_at = '${time}'`)
  }
  return time
}

check(
  'items of one and the same time all come, once',
  {
    row: 'cursor-pagination',
    brief:
      'The grader sets that of all rows to one time by SQL, empties Redis, and every item still comes exactly once; what comes first among equals is up to you.',
    hints: [
      'What follows after an item whose time many others share?',
      'Order by time and id, and compare both with the cursor as one row; in a sorted set, the score alone ties too.',
    ],
  },
  async context => {
    const { api, redis } = context
    const { lists } = await someLists(context)
    const time = await setTimes(context, ['posts', 'comments'])
    await redis.flushall()
    for (const [path, ids] of lists) {
      const pages = await readPages<Item>(api, `${path}?limit=3`)
      expect(idsOf(pages).sort(), `ids on all pages of ${path}`).toEqual([...ids].sort())
      expect(new Set(times(pages.flat())), '`createdAt` of all items').toEqual(new Set([Date.parse(time)]))
      const warm = await readPages<Item>(api, `${path}?limit=2`)
      expect(idsOf(warm).sort(), `ids on all pages of ${path}, read again`).toEqual([...ids].sort())
    }
  },
)

check(
  'a cursor is opaque',
  {
    row: 'cursor-pagination',
    brief: 'A cursor is opaque: no plain number, no plain time and no id.',
    hints: [
      'What would clients build on, if they could read it?',
      'Encode the position, such as JSON in base64url, so that you may change what is inside.',
    ],
  },
  async context => {
    const { api } = context
    const { lists } = await someLists(context)
    for (const [path, ids] of lists) {
      const { nextCursor } = await readPage(api, `${path}?limit=3`)
      const plain =
        /^\d+$/.test(nextCursor ?? '') ||
        /^\d{4}-\d\d-\d\d/.test(nextCursor ?? '') ||
        ids.includes(nextCursor ?? '')
      expect(plain, `whether the cursor ${nextCursor} is a number, a time or an id`).toBe(false)
    }
  },
)

check(
  'bad limits and cursors are 400',
  {
    row: 'cursor-pagination',
    brief:
      'A `limit` out of range, or a `cursor` that you did not give out, an empty one included, is answered with 400, and `errors` names it.',
    hints: [
      'What does your server make of a cursor that somebody typed?',
      'Decode it, check the form of everything in it, and answer 400 if anything is odd.',
    ],
  },
  async context => {
    const { api } = context
    const { lists, author } = await someLists(context)
    const made = Buffer.from('{"a":1}').toString('base64url')
    for (const path of [...lists.map(([path]) => path), `/users/${author}/activity`]) {
      for (const limit of ['0', '51', '-1', '1.5', 'ten', '']) {
        expect(await api.get(`${path}?limit=${limit}`)).toBeProblem(400, ['limit'])
      }
      for (const cursor of ['', '0', 'not-a-cursor', '%F0%9F%98%80', made]) {
        expect(await api.get(`${path}?cursor=${cursor}`)).toBeProblem(400, ['cursor'])
      }
    }
  },
)

/** The SQL that a page takes when nothing is cached. */
async function coldStatements({ redis, statementsOf }: CheckContext, api: Api, path: string) {
  await redis.flushall()
  const answer = await api.get(path)
  return { page: pageOf<Item>(answer), statements: (await statementsOf(answer)).map(({ sql }) => sql) }
}

check(
  'no list has an OFFSET',
  {
    row: 'cursor-pagination',
    brief: 'No SQL statement of a list has an `OFFSET`.',
    hints: [
      'What does the database do with the rows that an OFFSET skips?',
      'It reads them all. Begin after the cursor with a WHERE instead.',
    ],
  },
  async context => {
    const { api } = context
    const { lists } = await someLists(context)
    for (const [path] of lists) {
      const first = await coldStatements(context, api, `${path}?limit=2`)
      const second = await coldStatements(context, api, nextPath(`${path}?limit=2`, first.page.nextCursor))
      const offsets = [...first.statements, ...second.statements].filter(sql => /\boffset\s+[$\d]/i.test(sql))
      expect(offsets, `statements of ${path} with OFFSET`).toEqual([])
      expect(second.page.items.length, `items on the second page of ${path}`).toBe(2)
    }
  },
)

check(
  'a page takes the same number of statements whatever its size',
  {
    row: 'cursor-pagination',
    brief:
      'With Redis empty, a page of posts, of a feed or of comments takes the same number of SQL statements whatever its `limit`.',
    hints: [
      'Watch the statements of one page: which repeats?',
      'Fetch authors and posts for all ids at once: a join, or `= any($1)`.',
    ],
  },
  async context => {
    const { api } = context
    const { lists, reader } = await someLists(context)
    const [other] = await createUsers(context, 1)
    await follow(api, reader, other?.id ?? '')
    await createPost(api, other?.id ?? '')
    for (const [path] of lists) {
      const count = async (limit: number) =>
        (await coldStatements(context, api, `${path}?limit=${limit}`)).statements.length
      const one = await count(1)
      expect(one, `SQL statements of ${path}?limit=1`).toBeGreaterThan(0)
      expect(await count(3), `SQL statements of ${path}?limit=3`).toBe(one)
      expect(await count(7), `SQL statements of ${path}?limit=7`).toBe(one)
    }
  },
)
