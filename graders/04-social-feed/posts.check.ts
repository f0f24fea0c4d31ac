import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  createPost,
  createPosts,
  createUser,
  createUsers,
  follow,
  gonePostId,
  type Post,
  read,
  readIds,
  readPage,
  remove,
  unknownIdLike,
} from './resources.js'
import { check } from './rubric.js'

check(
  'a post is read back as it was sent',
  {
    row: 'posts',
    brief:
      'A post that was created is read back as it was sent, with its author as `user`, and with `likeCount` and `commentCount` 0.',
    hints: [
      'Compare what you answer with the list of fields.',
      'Join the author when a post is read; text is stored as it is, spaces and quotes included.',
    ],
  },
  async context => {
    const { api, random } = context
    const user = await createUser(context)
    const text = `  ${random.letters(5)}'); DROP TABLE posts; -- 😀\n`
    const post = await createPost(api, user.id, text)
    const expected = {
      id: post.id,
      userId: user.id,
      user: { id: user.id, name: user.name },
      text,
      likeCount: 0,
      commentCount: 0,
      createdAt: post.createdAt,
    }
    expect(post, 'the answer to POST /posts').toEqual(expected)
    expect(await read(api, `/posts/${post.id}`), 'the post').toEqual(expected)
    expect(new Date(post.createdAt).getTime(), '`createdAt` in milliseconds').toBeGreaterThan(Date.UTC(2020))
    const { items } = await readPage<Post>(api, `/users/${user.id}/posts`)
    expect(items, "the user's posts").toEqual([expected])
    expect(await read(api, `/users/${user.id}`), 'the user').toEqual({
      id: user.id,
      name: user.name,
      followerCount: 0,
      followingCount: 0,
      createdAt: user.createdAt,
    })
  },
)

check(
  'creating answers 201 with Location, deleting 204',
  {
    row: 'posts',
    brief: 'Creating a user or a post answers 201 with a `Location` header that leads to it',
    hints: [
      'Which status says that something was made?',
      '201, and the path of the new resource in Location.',
    ],
  },
  async context => {
    const { api } = context
    const user = await api.post('/users', { name: 'Grace' })
    expect(user).toHaveStatus(201)
    const userId = String(Object(user.body).id)
    const post = await api.post('/posts', { userId, text: 'Hello' })
    expect(post).toHaveStatus(201)
    const postId = String(Object(post.body).id)
    for (const [answer, path] of [
      [user, `/users/${userId}`],
      [post, `/posts/${postId}`],
    ] as const) {
      const location = new URL(answer.headers.get('location') ?? '', 'http://localhost')
      expect(location.pathname, 'path in the `Location` header').toBe(path)
    }
    expect(await api.delete(`/posts/${postId}`)).toHaveStatus(204)
  },
)

check(
  'bad fields are named',
  {
    row: 'posts',
    brief: 'A body with bad fields is answered with 422, and `errors` names every bad field',
    hints: [
      'Does your validation stop at the first mistake?',
      'Collect all issues; a foreign key that is violated is a bad `userId`.',
    ],
  },
  async context => {
    const { api, random } = context
    const { id: userId } = await createUser(context)
    for (const name of ['', '  ', 7, null, 'n'.repeat(101)]) {
      expect(await api.post('/users', { name })).toBeProblem(422, ['name'])
    }
    for (const text of ['', ' \n ', 7, null, undefined, 't'.repeat(501)]) {
      expect(await api.post('/posts', { userId, text })).toBeProblem(422, ['text'])
    }
    for (const unknown of [unknownIdLike(userId), random.letters(12), '', 7, undefined]) {
      expect(await api.post('/posts', { userId: unknown, text: 'Hello' })).toBeProblem(422, ['userId'])
    }
    expect(await api.post('/posts', { userId: unknownIdLike(userId) })).toBeProblem(422, ['text', 'userId'])
    await createUser(context, 'n'.repeat(100))
    await createPost(api, userId, 't'.repeat(500))
  },
)

check(
  'what nobody has, and what was deleted, is 404',
  {
    row: 'posts',
    brief:
      'An id in the path that nothing has is answered with 404, and so is everything about a post that was deleted, and every path that is none of the routes.',
    hints: [
      'How does a user without posts differ from no user?',
      'When a list is empty, look whether its owner exists.',
    ],
  },
  async context => {
    const { api, random } = context
    const { id: userId } = await createUser(context)
    const gone = await gonePostId(api, userId)
    for (const id of [gone, random.letters(10), '0']) {
      expect(await api.get(`/posts/${id}`)).toBeProblem(404)
      expect(await api.delete(`/posts/${id}`)).toBeProblem(404)
      expect(await api.get(`/posts/${id}/comments`)).toBeProblem(404)
      expect(await api.post(`/posts/${id}/comments`, { userId, text: 'Hello' })).toBeProblem(404)
    }
    for (const id of [unknownIdLike(userId), random.letters(10), '0']) {
      for (const rest of ['', '/posts', '/feed', '/activity']) {
        expect(await api.get(`/users/${id}${rest}`)).toBeProblem(404)
      }
    }
    for (const path of ['/nothing', `/users/${userId}/likes`]) expect(await api.get(path)).toBeProblem(404)
    expect(await readIds(api, `/users/${userId}/posts`), "ids of the user's posts").toEqual([])
  },
)

check(
  "a user's posts are that user's, newest first",
  {
    row: 'posts',
    brief: '`GET /users/:id/posts` gives the posts of that user only, newest first.',
    hints: [
      'In which order does the database give rows without ORDER BY?',
      'Order by created_at, descending.',
    ],
  },
  async context => {
    const { api } = context
    const [ada, bob] = await createUsers(context, 2)
    const ids: string[] = []
    for (let n = 0; n < 4; n++) {
      ids.unshift((await createPost(api, ada?.id ?? '')).id)
      await createPost(api, bob?.id ?? '')
      await sleep(5)
    }
    expect(await readIds(api, `/users/${ada?.id}/posts`), "ids of the user's posts").toEqual(ids)
  },
)

check(
  'a feed has the posts of those who are followed and the own ones, newest first',
  {
    row: 'posts',
    brief:
      "The feed of a user has the posts of those whom the user follows and the user's own, each once, newest first, and no others; that of a user without either is an empty list.",
    hints: [
      'Which authors belong into the feed?',
      'The user and everybody in follows; then one ORDER BY over all of them.',
    ],
  },
  async context => {
    const { api } = context
    const [me, ada, bob, stranger] = (await createUsers(context, 4)).map(({ id }) => id) as [
      string,
      string,
      string,
      string,
    ]
    await follow(api, me, ada)
    await follow(api, me, bob)
    const ids: string[] = []
    for (const author of [ada, bob, me, ada, me, bob]) {
      ids.unshift((await createPost(api, author)).id)
      await createPosts(api, stranger, 1)
      await sleep(5)
    }
    expect(await readIds(api, `/users/${me}/feed`), 'ids in the feed').toEqual(ids)
    const [empty] = await createUsers(context, 1)
    expect(await readPage(api, `/users/${empty?.id}/feed`), 'the feed of a new user').toEqual({
      items: [],
      nextCursor: null,
    })
    const [first = ''] = ids
    await remove(api, `/posts/${first}`)
    expect(await api.get(`/posts/${first}`)).toHaveStatus(404)
  },
)
