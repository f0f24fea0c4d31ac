import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  type Comment,
  createComment,
  createPost,
  createUser,
  createUsers,
  follow,
  gonePostId,
  inParallel,
  like,
  likePath,
  type Post,
  read,
  readIds,
  readPage,
  remove,
  unknownIdLike,
} from './resources.js'
import { check } from './rubric.js'

async function authorAndPost(context: CheckContext) {
  const author = await createUser(context)
  return { author: author.id, post: (await createPost(context.api, author.id)).id }
}

const likesOf = async ({ api }: CheckContext, post: string) =>
  (await read<Post>(api, `/posts/${post}`)).likeCount
const commentsOf = async ({ api }: CheckContext, post: string) =>
  (await read<Post>(api, `/posts/${post}`)).commentCount

check(
  "a user's like counts once, and one request takes it back",
  {
    row: 'counters',
    brief:
      "Liking and taking a like back answer 204, also when it was so before; a user's like counts once, and one request takes it back.",
    hints: [
      'What do you count: requests or likes?',
      'Change the counter only if the insert or the delete changed a row.',
    ],
  },
  async context => {
    const { api } = context
    const { author, post } = await authorAndPost(context)
    const [ada] = await createUsers(context, 1)
    const path = likePath(post, ada?.id ?? '')
    const other = (await createPost(api, author)).id
    await like(api, other, ada?.id ?? '')
    const steps = [
      ['DELETE', 0],
      ['PUT', 1],
      ['PUT', 1],
      ['DELETE', 0],
      ['DELETE', 0],
      ['PUT', 1],
    ] as const
    for (const [method, count] of steps) {
      expect(await api.send({ method, path })).toHaveStatus(204)
      expect(await likesOf(context, post), `\`likeCount\` after ${method}`).toBe(count)
    }
    await like(api, post, author)
    expect(await likesOf(context, post), '`likeCount` after the author liked it too').toBe(2)
    expect(await likesOf(context, other), '`likeCount` of another post').toBe(1)
  },
)

check(
  'fifty likes in parallel are counted exactly',
  {
    row: 'counters',
    brief:
      'Fifty likes in parallel by fifty users make a `likeCount` that is 50 higher; fifty in parallel by one user, one that is 1 higher.',
    hints: [
      'What if two requests read the same count before either writes?',
      'Let one statement add (`like_count = like_count + 1`), in the transaction that inserts the like.',
    ],
  },
  async context => {
    const { api } = context
    const { post } = await authorAndPost(context)
    const users = await createUsers(context, 50)
    const [last] = await createUsers(context, 1)
    const all = (method: string, userOf: (n: number) => string) =>
      inParallel(50, n => api.send({ method, path: likePath(post, userOf(n)) }))
    await likesOf(context, post)
    for (const [method, byFifty, byOne] of [
      ['PUT', 50, 51],
      ['DELETE', 1, 0],
    ] as const) {
      for (const answer of await all(method, n => users[n]?.id ?? '')) expect(answer).toHaveStatus(204)
      expect(await likesOf(context, post), `\`likeCount\` after fifty users sent ${method}`).toBe(byFifty)
      for (const answer of await all(method, () => last?.id ?? '')) expect(answer).toHaveStatus(204)
      expect(await likesOf(context, post), `\`likeCount\` after one user sent ${method} fifty times`).toBe(
        byOne,
      )
    }
  },
)

check(
  'fifty comments in parallel are counted exactly',
  {
    row: 'counters',
    brief: 'Fifty comments in parallel make a `commentCount` that is 50 higher, and fifty items in the list.',
    hints: [
      'What if two requests read the same count before either writes?',
      'Count in the transaction that inserts the comment, or count the rows.',
    ],
  },
  async context => {
    const { api } = context
    const { author, post } = await authorAndPost(context)
    await createComment(api, post, author)
    expect(await commentsOf(context, post), '`commentCount` of one comment').toBe(1)
    const answers = await inParallel(50, n =>
      api.post(`/posts/${post}/comments`, { userId: author, text: `Comment ${n}` }),
    )
    for (const answer of answers) expect(answer).toHaveStatus(201)
    expect(await commentsOf(context, post), '`commentCount` after fifty more').toBe(51)
    expect((await readIds(api, `/posts/${post}/comments?limit=50`)).length, 'comments on a page of 50').toBe(
      50,
    )
  },
)

check(
  'a comment is what was sent',
  {
    row: 'counters',
    brief: 'A comment with bad fields is answered with 422 as a post is, and counts nothing.',
    hints: ['Is a comment held to the rules of a post?', 'Validate before you count, with the same schema.'],
  },
  async context => {
    const { api } = context
    const { post } = await authorAndPost(context)
    const ada = await createUser(context)
    const text = ' "Nice" '
    const comment = await createComment(api, post, ada.id, text)
    const expected = {
      id: comment.id,
      postId: post,
      userId: ada.id,
      user: { id: ada.id, name: ada.name },
      text,
      createdAt: comment.createdAt,
    }
    expect(comment, 'the comment in the answer').toEqual(expected)
    const { items } = await readPage<Comment>(api, `/posts/${post}/comments`)
    expect(items, 'the comments of the post').toEqual([expected])
    for (const bad of ['', '  ', 7, 't'.repeat(501)]) {
      expect(await api.post(`/posts/${post}/comments`, { userId: ada.id, text: bad })).toBeProblem(422, [
        'text',
      ])
    }
    const nobody = unknownIdLike(ada.id)
    expect(await api.post(`/posts/${post}/comments`, { userId: nobody, text })).toBeProblem(422, ['userId'])
    expect(await commentsOf(context, post), '`commentCount`').toBe(1)
  },
)

check(
  'a comment that is sent again with its key is one comment',
  {
    row: 'counters',
    brief:
      'Sent again with the same key and body, also twenty times in parallel, it makes one comment, and every answer, 200 or 201, is that comment.',
    hints: [
      'A client that got no answer sends the same again: how do you know?',
      'Keep the key beside the comment under a unique constraint, and answer with what is there.',
    ],
  },
  async context => {
    const { api, random } = context
    const { author, post } = await authorAndPost(context)
    const send = (key?: string) =>
      api.post(
        `/posts/${post}/comments`,
        { userId: author, text: 'Once' },
        key === undefined ? {} : { headers: { 'idempotency-key': key } },
      )
    const key = random.letters(20)
    const first = await send(key)
    expect(first).toHaveStatus([200, 201])
    const again = await send(key)
    expect(again).toHaveStatus([200, 201])
    expect(again.body, 'the answer to the second request').toEqual(first.body)
    expect(await commentsOf(context, post), '`commentCount` after two requests with one key').toBe(1)

    const otherKey = random.letters(20)
    const answers = await inParallel(20, () => send(otherKey))
    for (const answer of answers) expect(answer).toHaveStatus([200, 201])
    const ids = new Set(answers.map(({ body }) => String(Object(body).id)))
    expect(ids.size, 'different comments in twenty answers for one key').toBe(1)
    expect(await commentsOf(context, post), '`commentCount` after twenty requests with another key').toBe(2)

    for (let n = 0; n < 2; n++) expect(await send()).toHaveStatus([200, 201])
    expect(await commentsOf(context, post), '`commentCount` after two more without key').toBe(4)
    expect((await readIds(api, `/posts/${post}/comments`)).length, 'comments in the list').toBe(4)
  },
)

check(
  'a key counts for one user and one post',
  {
    row: 'counters',
    brief:
      'A key counts for one user and one post: with the same key, another user comments on the post, and the same user on another post.',
    hints: [
      'Whose keys can be equal without anybody having sent anything again?',
      'Let the constraint be on post, user and key together, and look for the comment by all three.',
    ],
  },
  async context => {
    const { api, random } = context
    const { author, post } = await authorAndPost(context)
    const [ada = ''] = (await createUsers(context, 1)).map(({ id }) => id)
    const other = (await createPost(api, author)).id
    const key = random.letters(20)
    const send = async (on: string, userId: string) => {
      const headers = { 'idempotency-key': key }
      const answer = await api.post(`/posts/${on}/comments`, { userId, text: 'Mine' }, { headers })
      expect(answer).toHaveStatus([200, 201])
      expect(answer.body, 'the comment in the answer').toMatchObject({ postId: on, userId })
    }
    await send(post, author)
    await send(post, ada)
    await send(other, author)
    expect(await commentsOf(context, post), '`commentCount` of the post').toBe(2)
    expect(await commentsOf(context, other), '`commentCount` of the other post').toBe(1)
  },
)

check(
  'a deleted comment is gone and not counted, once',
  {
    row: 'counters',
    brief:
      'Deleting a comment takes it out of the list and out of `commentCount`, once; deleting it again answers 404, also in parallel.',
    hints: [
      'What does the second delete do to the counter?',
      'Count down only if a row was deleted, in the same transaction.',
    ],
  },
  async context => {
    const { api } = context
    const { author, post } = await authorAndPost(context)
    const [gone, kept] = [await createComment(api, post, author), await createComment(api, post, author)]
    const answers = await inParallel(10, () => api.delete(`/comments/${gone.id}`))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses, 'statuses of ten deletes in parallel').toEqual([204, ...Array(9).fill(404)])
    expect(await api.delete(`/comments/${gone.id}`)).toBeProblem(404)
    expect(await commentsOf(context, post), '`commentCount`').toBe(1)
    expect(await readIds(api, `/posts/${post}/comments`), 'ids of the comments').toEqual([kept.id])
  },
)

check(
  'the counts agree wherever a post is shown',
  {
    row: 'counters',
    brief:
      "The counts in `GET /posts/:id`, in the user's posts and in every feed agree right after each of these requests.",
    hints: [
      'How many copies of a count do you keep?',
      'Cache a post once, under a key of its own, and forget that key when it changes.',
    ],
  },
  async context => {
    const { api } = context
    const { author, post } = await authorAndPost(context)
    const [reader = '', other = ''] = (await createUsers(context, 2)).map(({ id }) => id)
    for (const follower of [reader, other]) await follow(api, follower, author)
    const shown = async () => {
      const [mine] = (await readPage<Post>(api, `/users/${author}/posts`)).items
      const [feed] = (await readPage<Post>(api, `/users/${reader}/feed`)).items
      const [another] = (await readPage<Post>(api, `/users/${other}/feed`)).items
      const posts = [await read<Post>(api, `/posts/${post}`), mine, feed, another]
      return posts.map(each => `${each?.likeCount} ${each?.commentCount}`)
    }
    const expectCounts = async (counts: string, after: string) => {
      expect(await shown(), `likes and comments in four places after ${after}`).toEqual(Array(4).fill(counts))
    }
    await expectCounts('0 0', 'creation')
    await like(api, post, reader)
    await expectCounts('1 0', 'a like')
    const comment = await createComment(api, post, reader)
    await expectCounts('1 1', 'a comment')
    await remove(api, likePath(post, reader))
    await expectCounts('0 1', 'taking the like back')
    await remove(api, `/comments/${comment.id}`)
    await expectCounts('0 0', 'deleting the comment')
  },
)

check(
  'likes of what is not there are 404',
  {
    row: 'counters',
    brief:
      'Liking a post that does not exist, or on behalf of a user who does not exist, answers 404, and so does taking such a like back.',
    hints: [
      'Which constraint does such a like violate?',
      'Turn the violated foreign key into a 404; a delete that deletes nothing has to ask.',
    ],
  },
  async context => {
    const { api, random } = context
    const { author, post } = await authorAndPost(context)
    const nobody = [unknownIdLike(author), random.letters(10)]
    const paths = [likePath(await gonePostId(api, author), author), ...nobody.map(id => likePath(post, id))]
    for (const method of ['PUT', 'DELETE']) {
      for (const path of paths) expect(await api.send({ method, path })).toBeProblem(404)
    }
    expect(await likesOf(context, post), '`likeCount`').toBe(0)
  },
)
