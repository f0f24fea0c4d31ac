import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  account,
  type Comment,
  createComment,
  createPost,
  createPublished,
  gonePostId,
  newAccount,
  type Post,
  publish,
  readPage,
  readPages,
  type User,
} from './resources.js'
import { check } from './rubric.js'

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

check(
  'a new post is a draft of its author',
  {
    row: 'posts',
    brief:
      'A new post is a draft of the user who made it, with `publishedAt` null. It is read back as it was sent.',
    hints: [
      'Who is the author of a post: who says so?',
      'The login says who; the body has only title and body.',
    ],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const sent = { title: `"Quotes" & 'SQL'; --`, body: 'Line one.\n\nLine two: 😀' }
    const answer = await api.post('/posts', sent, editor.auth)
    expect(answer).toHaveStatus(201)
    const post = answer.body as Post
    const author = { id: editor.user.id, name: editor.user.name }
    expect(post, 'the post').toMatchObject({ ...sent, status: 'draft', author, publishedAt: null })
    expect(Object.keys(post).sort(), 'fields of a post').toEqual([
      'author',
      'body',
      'createdAt',
      'id',
      'publishedAt',
      'status',
      'title',
      'updatedAt',
    ])
    for (const value of [post.createdAt, post.updatedAt]) expect(value, 'a time').toMatch(time)
    const read = await api.get(`/posts/${post.id}`, editor.auth)
    expect(read).toHaveStatus(200)
    expect(read.body, 'the post read back').toEqual(post)
  },
)

check(
  'publishing a post happens once',
  {
    row: 'posts',
    brief:
      'Publishing sets `status` to `published` and `publishedAt` to the time; publishing again changes nothing and answers 200.',
    hints: [
      'When was a post published that is published twice?',
      'Set the time only where there is none yet.',
    ],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const { id } = await createPost(api, editor)
    const answer = await publish(api, id, editor)
    expect(answer).toHaveStatus(200)
    const post = answer.body as Post
    expect(post.status, '`status`').toBe('published')
    expect(post.publishedAt, '`publishedAt`').toMatch(time)
    expect(
      Math.abs(Date.parse(post.publishedAt ?? '') - Date.now()),
      'ms from `publishedAt` to now',
    ).toBeLessThan(60_000)
    await sleep(20)
    const again = await publish(api, id, editor)
    expect(again).toHaveStatus(200)
    expect(Object(again.body).publishedAt, '`publishedAt` after publishing again').toBe(post.publishedAt)
    const read = await api.get(`/posts/${id}`)
    expect(read).toHaveStatus(200)
    expect(read.body, 'the post read by a stranger').toEqual(again.body)
  },
)

check(
  'PATCH changes what is sent and leaves the rest',
  {
    row: 'posts',
    brief:
      '`PATCH` changes the fields that are sent and leaves all others as they are; `updatedAt` becomes the time of the change, later than before.',
    hints: ['PATCH has only the fields that change.', 'Build the SET list from the fields that are present.'],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const other = await createPublished(api, editor)
    const post = await createPublished(api, editor, { title: 'Old', body: 'Text.' })
    await sleep(20)
    const answer = await api.patch(`/posts/${post.id}`, { title: 'New' }, editor.auth)
    expect(answer).toHaveStatus(200)
    const { updatedAt, ...rest } = post
    expect(answer.body, 'the post').toMatchObject({ ...rest, title: 'New' })
    const changed = answer.body as Post
    expect(
      Date.parse(changed.updatedAt) - Date.parse(updatedAt),
      'ms from `updatedAt` to that of a change 20 ms later',
    ).toBeGreaterThanOrEqual(10)
    const next = await api.patch(`/posts/${post.id}`, { body: 'Other.' }, editor.auth)
    expect(next).toHaveStatus(200)
    expect(next.body, 'the post').toMatchObject({ title: 'New', body: 'Other.' })
    expect((await api.get(`/posts/${post.id}`)).body, 'the post read back').toEqual(next.body)
    expect((await api.get(`/posts/${other.id}`)).body, 'another post').toEqual(other)
  },
)

check(
  'lists have published posts, or the drafts that one may read',
  {
    row: 'posts',
    brief:
      '`GET /posts` gives published posts, the one created last first. `GET /posts?status=draft` gives the drafts that the user may read, in the same order; `status=published` is as without.',
    hints: [
      'Which two questions does a list of drafts answer: whose, and who asks?',
      'Filter in SQL, not afterwards.',
    ],
  },
  async context => {
    const { api } = context
    const [editor, other] = [await account(context, 'editor'), await account(context, 'editor', 'other')]
    const made: Post[] = []
    for (const [n, author] of [editor, other, editor, other, editor].entries()) {
      made.push(await createPost(api, author, { title: `Post ${n}` }))
      await sleep(5)
    }
    const [first, second, third, fourth, fifth] = made.map(post => post.id) as [
      string,
      string,
      string,
      string,
      string,
    ]
    // Published in another order than created.
    for (const id of [third, first]) expect(await publish(api, id, editor)).toHaveStatus([200, 201])
    expect(await publish(api, second, other)).toHaveStatus([200, 201])
    const listed = async (query: string, as = {}) => {
      const posts = (await readPages<Post>(api, `/posts?limit=100${query}`, as)).flat()
      return posts.map(post => post.id).filter(id => made.some(post => post.id === id))
    }
    expect(await listed(''), 'published posts').toEqual([third, second, first])
    expect(await listed('&status=published', editor), 'published posts').toEqual([third, second, first])
    expect(await listed('&status=draft', editor), 'drafts of an editor').toEqual([fifth])
    const admin = await account(context, 'admin')
    expect(await listed('&status=draft', admin), 'drafts for an admin').toEqual([fifth, fourth])
    expect(await api.get('/posts?status=draft')).toHaveStatus(401)
  },
)

check(
  'comments come in the order in which they were made',
  {
    row: 'posts',
    brief: 'The comments of a post come in the order in which they were made. Each has its author.',
    hints: [
      'In which order does your database give rows without ORDER BY?',
      'Order by the time, then by the id.',
    ],
  },
  async context => {
    const { api } = context
    const [editor, viewer] = [await account(context, 'editor'), await account(context, 'viewer')]
    const post = await createPublished(api, editor)
    const answer = await api.post(`/posts/${post.id}/comments`, { body: 'First!' }, viewer.auth)
    expect(answer).toHaveStatus(201)
    const comments = [answer.body as Comment]
    for (const [body, by] of [
      ['Second', editor],
      ['<b>Third</b>', viewer],
    ] as const) {
      await sleep(5)
      comments.push(await createComment(api, post.id, by, body))
    }
    expect(comments[0], 'the first comment').toMatchObject({
      postId: post.id,
      body: 'First!',
      author: { id: viewer.user.id, name: viewer.user.name },
    })
    expect(Object.keys(Object(comments[0])).sort(), 'fields of a comment').toEqual([
      'author',
      'body',
      'createdAt',
      'id',
      'postId',
    ])
    const { items } = await readPage<Comment>(api, `/posts/${post.id}/comments`)
    expect(items, 'the comments of the post').toEqual(comments)
  },
)

check(
  'lists go on with nextCursor, item by item',
  {
    row: 'posts',
    brief: 'This goes for posts, comments and users. Going through all pages gives every item exactly once.',
    hints: ['What tells that another page follows?', 'Ask for one item more than the page has.'],
  },
  async context => {
    const { api } = context
    const [editor, admin] = [await newAccount(context, 'editor'), await account(context, 'admin')]
    const drafts: string[] = []
    for (let n = 0; n < 4; n += 1) drafts.push((await createPost(api, editor)).id)
    const pages = await readPages<Post>(api, '/posts?status=draft&limit=2', editor)
    expect(
      pages.map(page => page.length),
      'items on the pages of 4 drafts with limit=2',
    ).toEqual([2, 2])
    expect(
      pages
        .flat()
        .map(post => post.id)
        .sort(),
      'the drafts',
    ).toEqual(drafts.sort())

    const post = await createPublished(api, editor)
    const comments: string[] = []
    for (let n = 0; n < 21; n += 1) comments.push((await createComment(api, post.id, editor)).id)
    for (const [query, sizes] of [
      ['limit=10', [10, 10, 1]],
      ['', [20, 1]],
    ] as const) {
      const pages = await readPages<Comment>(api, `/posts/${post.id}/comments?${query}`)
      expect(
        pages.map(page => page.length),
        `items on the pages of 21 comments with ${query || 'no limit'}`,
      ).toEqual(sizes)
    }
    const threads = await readPages<Comment>(api, `/posts/${post.id}/comments?limit=8`)
    expect(
      threads
        .flat()
        .map(comment => comment.id)
        .sort(),
      'the comments',
    ).toEqual(comments.sort())

    const viewer = await account(context, 'viewer')
    const users = (await readPages<User>(api, '/users?limit=2', admin)).flat().map(user => user.id)
    expect(new Set(users).size, 'different users on all pages').toBe(users.length)
    expect(users, 'ids of all users').toEqual(
      expect.arrayContaining([editor.user.id, admin.user.id, viewer.user.id]),
    )
    const published = (await readPages<Post>(api, '/posts?limit=7')).flat().map(item => item.id)
    expect(new Set(published).size, 'different posts on all pages').toBe(published.length)
  },
)

check(
  'bad parameters of a list are named',
  {
    row: 'posts',
    brief: 'A bad `limit`, `status` or `cursor` is answered with 400, and `errors` names it.',
    hints: ['What becomes of limit=0 in your SQL?', 'Validate the query like a body, with another status.'],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const post = await createPublished(api, editor)
    for (const limit of ['0', '-1', '101', '1.5', 'ten']) {
      expect(await api.get(`/posts?limit=${limit}`)).toBeProblem(400, ['limit'])
    }
    expect(await api.get('/posts?status=secret')).toBeProblem(400, ['status'])
    const sql = encodeURIComponent("' or 1=1 --")
    expect(await api.get(`/posts?status=${sql}`)).toBeProblem(400, ['status'])
    for (const cursor of ['no-cursor', sql, '%00']) {
      expect(await api.get(`/posts?cursor=${cursor}`)).toBeProblem(400, ['cursor'])
      expect(await api.get(`/posts/${post.id}/comments?cursor=${cursor}`)).toBeProblem(400, ['cursor'])
    }
  },
)

async function countRows({ sql }: CheckContext): Promise<Record<string, number>> {
  const tables = await sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await sql<{ count: number }>(`select count(*)::int as count from ${name}`)
    counts[name] = row?.count ?? 0
  }
  return counts
}

check(
  'bad fields of posts and comments are named, and nothing is written',
  {
    row: 'posts',
    brief:
      'Bad fields of posts and comments are answered with 422 as above, and nothing is written: neither `id`, `author`, `authorId`, `status` nor `publishedAt` is a field that a client writes.',
    hints: [
      'What happens to a field that your table has and the brief does not let clients write?',
      'List the fields that you take, and refuse all others.',
    ],
  },
  async context => {
    const { api } = context
    const [editor, admin] = [await account(context, 'editor'), await account(context, 'admin')]
    const post = await createPublished(api, editor)
    const draft = await createPost(api, editor)
    const before = await countRows(context)
    const good = { title: 'T', body: 'B' }
    const write = (body: unknown) => api.post('/posts', body, editor.auth)
    expect(await write({})).toBeProblem(422, ['body', 'title'])
    expect(await write({ title: '', body: 7 })).toBeProblem(422, ['body', 'title'])
    expect(await write({ title: 't'.repeat(201), body: 'b'.repeat(20_001) })).toBeProblem(422, [
      'body',
      'title',
    ])
    expect(await write({ ...good, title: 'a\u0000b' })).toBeProblem(422, ['title'])
    for (const [field, value] of Object.entries({
      id: draft.id,
      author: admin.user,
      authorId: admin.user.id,
      status: 'published',
      publishedAt: '2026-01-01T00:00:00Z',
    })) {
      expect(await write({ ...good, [field]: value })).toBeProblem(422, [field])
      expect(await api.patch(`/posts/${draft.id}`, { [field]: value }, editor.auth)).toBeProblem(422, [field])
    }
    expect(await api.patch(`/posts/${draft.id}`, { title: null }, editor.auth)).toBeProblem(422, ['title'])
    const comment = (body: unknown) => api.post(`/posts/${post.id}/comments`, body, editor.auth)
    expect(await comment({})).toBeProblem(422, ['body'])
    expect(await comment({ body: '' })).toBeProblem(422, ['body'])
    expect(await comment({ body: 'c'.repeat(2_001) })).toBeProblem(422, ['body'])
    expect(await comment({ body: 'Hi', authorId: admin.user.id })).toBeProblem(422, ['authorId'])
    expect(await countRows(context), 'rows in the tables').toEqual(before)
    expect((await api.get(`/posts/${draft.id}`, editor.auth)).body, 'the draft').toEqual(draft)
    // What reaches a limit does not break it.
    expect(await write({ title: 't'.repeat(200), body: 'b'.repeat(20_000) })).toHaveStatus([200, 201])
    expect(await comment({ body: 'c'.repeat(2_000) })).toHaveStatus([200, 201])
  },
)

check(
  'a deleted post is gone with its comments, and odd ids are nothing',
  {
    row: 'posts',
    brief:
      'A post that was deleted is gone, and so are its comments; an id that nothing has is answered with 404, whatever text it is, and so is a path that is none of the routes.',
    hints: [
      'What does the database say to an id of another type?',
      'An id that cannot exist is one that nothing has: decide that before you ask the database.',
    ],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'editor')
    const post = await createPublished(api, editor)
    const comment = await createComment(api, post.id, editor)
    const other = await createPublished(api, editor)
    const [kept, removed] = [
      await createComment(api, other.id, editor),
      await createComment(api, other.id, editor),
    ]
    expect(await api.delete(`/posts/${post.id}`, editor.auth)).toHaveStatus(204)
    expect(await api.delete(`/comments/${comment.id}`, editor.auth)).toBeProblem(404)
    const odd = [
      '0',
      '-1',
      'null',
      encodeURIComponent("' or 1=1 --"),
      '%00',
      '99999999999999999999',
      'a'.repeat(300),
    ]
    for (const id of [post.id, ...odd]) {
      expect(await api.get(`/posts/${id}`)).toBeProblem(404)
      expect(await api.get(`/posts/${id}/comments`)).toBeProblem(404)
      expect(await api.patch(`/posts/${id}`, { title: 'New' }, editor.auth)).toBeProblem(404)
      expect(await api.delete(`/posts/${id}`, editor.auth)).toBeProblem(404)
    }
    for (const id of odd) expect(await api.delete(`/comments/${id}`, editor.auth)).toBeProblem(404)
    expect(await api.get('/nothing')).toBeProblem(404)
    expect(await api.delete(`/comments/${removed.id}`, editor.auth)).toHaveStatus(204)
    expect((await api.get(`/posts/${other.id}`)).body, 'another post').toEqual(other)
    const { items } = await readPage<Comment>(api, `/posts/${other.id}/comments`)
    expect(items, 'the comments that are left of another post').toEqual([kept])
  },
)

check(
  'a list takes the same number of statements whatever its size',
  {
    row: 'posts',
    brief: 'A list takes the same number of SQL statements whatever the number of its items.',
    hints: [
      'Watch the statements of one list: what repeats?',
      'Fetch the authors with the posts, by a join.',
    ],
  },
  async context => {
    const { api, statementsOf } = context
    const authors = [await account(context, 'editor'), await account(context, 'admin')] as const
    const posts: Post[] = []
    for (let n = 0; n < 6; n += 1) posts.push(await createPublished(api, authors[n % 2 === 0 ? 0 : 1]))
    const thread = posts[0]?.id ?? (await gonePostId(api, authors[0]))
    for (let n = 0; n < 6; n += 1) await createComment(api, thread, authors[n % 2 === 0 ? 0 : 1])
    for (const list of ['/posts', `/posts/${thread}/comments`, '/users']) {
      const counts: number[] = []
      // The first request may open a connection, with statements of its own.
      await api.get(list, authors[1].auth)
      for (const limit of [2, 6]) {
        const answer = await api.get(`${list}?limit=${limit}`, authors[1].auth)
        expect(answer).toHaveStatus(200)
        counts.push((await statementsOf(answer)).length)
      }
      expect(counts[1], `statements of GET ${list} with limit=6, those with limit=2 being ${counts[0]}`).toBe(
        counts[0],
      )
    }
  },
)
