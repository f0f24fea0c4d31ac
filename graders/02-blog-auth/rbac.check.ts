import { expect } from 'vitest'
import {
  account,
  type Comment,
  createComment,
  createPost,
  createPublished,
  newAccount,
  newUser,
  type Post,
  publish,
  readPage,
  readPages,
  remove,
  setRole,
  type User,
} from './resources.js'
import { check } from './rubric.js'

check(
  'viewers write no posts',
  {
    row: 'rbac',
    brief: 'Viewers comment and nothing else: creating a post, and changing users, is answered with 403.',
    hints: ['Which roles does each route allow? Draw the matrix.', '403: we know you, and you may not.'],
  },
  async context => {
    const { api } = context
    const [viewer, editor] = [await account(context, 'viewer'), await account(context, 'editor')]
    const post = await createPublished(api, editor)
    expect(await api.post('/posts', { title: 'T', body: 'B' }, viewer.auth)).toBeProblem(403)
    expect(await api.patch(`/posts/${post.id}`, { title: 'Mine' }, viewer.auth)).toBeProblem(403)
    expect(await publish(api, post.id, viewer)).toBeProblem(403)
    expect(await api.delete(`/posts/${post.id}`, viewer.auth)).toBeProblem(403)
    expect(await api.patch(`/users/${viewer.user.id}`, { role: 'admin' }, viewer.auth)).toBeProblem(403)
    expect((await api.get('/me', viewer.auth)).body, 'the viewer').toMatchObject({ role: 'viewer' })
    await createComment(api, post.id, viewer)
  },
)

check(
  'editors change their own posts and no others',
  {
    row: 'rbac',
    brief:
      'Editors create posts and change, publish and delete their own. A published post of someone else they can neither change, publish nor delete: 403.',
    hints: [
      'Being an editor is one condition: what is the other?',
      'Compare the author of the post with who asks.',
    ],
  },
  async context => {
    const { api } = context
    const [editor, other] = [await account(context, 'editor'), await account(context, 'editor', 'other')]
    const post = await createPublished(api, other)
    expect(await api.patch(`/posts/${post.id}`, { title: 'Mine' }, editor.auth)).toBeProblem(403)
    expect(await publish(api, post.id, editor)).toBeProblem(403)
    expect(await api.delete(`/posts/${post.id}`, editor.auth)).toBeProblem(403)
    expect((await api.get(`/posts/${post.id}`)).body, 'the post of another editor').toEqual(post)
    expect(await api.patch(`/posts/${post.id}`, { title: 'Better' }, other.auth)).toHaveStatus(200)
    await remove(api, `/posts/${post.id}`, other)
  },
)

check(
  'admins change every post',
  {
    row: 'rbac',
    brief: 'Admins change, publish and delete every post.',
    hints: ['Does your own-post rule know about admins?', 'An admin, or an editor who is the author.'],
  },
  async context => {
    const { api } = context
    const [admin, editor] = [await account(context, 'admin'), await account(context, 'editor')]
    const post = await createPost(api, editor)
    const changed = await api.patch(`/posts/${post.id}`, { title: 'Edited' }, admin.auth)
    expect(changed).toHaveStatus(200)
    expect((changed.body as Post).author, 'the author after an admin changed the post').toEqual(post.author)
    expect(await publish(api, post.id, admin)).toHaveStatus(200)
    await remove(api, `/posts/${post.id}`, admin)
    const own = await createPost(api, admin)
    expect(own.author.id, 'author of the post of an admin').toBe(admin.user.id)
  },
)

check(
  'an editor who becomes a viewer can no longer change the own posts',
  {
    row: 'rbac',
    brief: 'An editor who becomes a viewer can no longer change the own posts: 403.',
    hints: ['Is it enough to be the author?', 'Ask for the role as it is now, then for the author.'],
  },
  async context => {
    const { api } = context
    const editor = await account(context, 'viewer', 'of another role now and then')
    await setRole(context, editor.email, 'editor')
    const [draft, post] = [await createPost(api, editor), await createPublished(api, editor)]
    await setRole(context, editor.email, 'viewer')
    for (const { id } of [draft, post]) {
      expect(await api.patch(`/posts/${id}`, { title: 'Still mine' }, editor.auth)).toBeProblem(403)
      expect(await publish(api, id, editor)).toBeProblem(403)
      expect(await api.delete(`/posts/${id}`, editor.auth)).toBeProblem(403)
    }
    expect((await api.get(`/posts/${draft.id}`, editor.auth)).body, 'the own draft').toEqual(draft)
  },
)

check(
  'comments are deleted by their author, the author of the post and admins',
  {
    row: 'rbac',
    brief:
      'A comment is deleted by its author, by the author of the post (while editor or admin) and by admins; for others who may read the post it is 403.',
    hints: ['Whose comment is it, and whose post?', 'Three ways to be allowed; everyone else gets 403.'],
  },
  async context => {
    const { api } = context
    const [editor, admin] = [await account(context, 'editor'), await account(context, 'admin')]
    const [viewer, other] = [await account(context, 'viewer'), await account(context, 'editor', 'other')]
    const post = await createPublished(api, editor)
    for (const [author, stranger] of [
      [viewer, other],
      [other, viewer],
    ] as const) {
      for (const by of [author, editor, admin]) {
        const comment = await createComment(api, post.id, author)
        expect(await api.delete(`/comments/${comment.id}`, stranger.auth)).toBeProblem(403)
        await remove(api, `/comments/${comment.id}`, by)
        const { items } = await readPage<Comment>(api, `/posts/${post.id}/comments`)
        expect(items, 'comments after the deletion').toEqual([])
      }
    }
  },
)

check(
  'only admins manage users',
  {
    row: 'rbac',
    brief:
      "Only admins list users, change roles and delete users: for others it is 403. A user may read the own record, and gets 403 for another's.",
    hints: ['Which routes of users does an editor need?', 'Reading the own record is the one exception.'],
  },
  async context => {
    const { api } = context
    const [admin, viewer] = [await account(context, 'admin'), await account(context, 'viewer')]
    for (const { auth, user } of [viewer, await account(context, 'editor')]) {
      expect(await api.get('/users', auth)).toBeProblem(403)
      expect(await api.patch(`/users/${user.id}`, { role: 'admin' }, auth)).toBeProblem(403)
      expect(await api.delete(`/users/${admin.user.id}`, auth)).toBeProblem(403)
      expect(await api.get(`/users/${admin.user.id}`, auth)).toBeProblem(403)
      const own = await api.get(`/users/${user.id}`, auth)
      expect(own).toHaveStatus(200)
      expect(own.body, 'the own record').toMatchObject({ id: user.id, name: user.name })
    }
    const users = (await readPages<User>(api, '/users?limit=100', admin)).flat()
    expect(
      users.find(user => user.id === viewer.user.id),
      'the viewer in the list of users',
    ).toEqual(viewer.user)
    const read = await api.get(`/users/${viewer.user.id}`, admin.auth)
    expect(read).toHaveStatus(200)
    expect(read.body, 'the viewer').toEqual(viewer.user)
  },
)

check(
  'a new role counts from the next request on',
  {
    row: 'rbac',
    brief:
      '`PATCH /users/:id` changes the role and nothing else; a role that is none of the three is a bad field.',
    hints: [
      'Where does the role of a request come from?',
      'Not from a token that was made before the change.',
    ],
  },
  async context => {
    const { api } = context
    const admin = await account(context, 'admin')
    const user = await account(context, 'viewer', 'of another role now and then')
    await setRole(context, user.email, 'viewer')
    const path = `/users/${user.user.id}`
    const promoted = await api.patch(path, { role: 'editor' }, admin.auth)
    expect(promoted).toHaveStatus(200)
    expect(promoted.body, 'the user').toEqual({ ...user.user, role: 'editor' })
    await createPost(api, user)
    for (const body of [{ role: 'owner' }, { role: null }, {}]) {
      expect(await api.patch(path, body, admin.auth)).toBeProblem(422, ['role'])
    }
    const more = { role: 'admin', email: 'eve@example.com', passwordHash: 'x' }
    expect(await api.patch(path, more, admin.auth)).toBeProblem(422, ['email', 'passwordHash'])
    expect((await api.get(path, admin.auth)).body, 'the user').toEqual({ ...user.user, role: 'editor' })
    expect(await api.patch(path, { role: 'viewer' }, admin.auth)).toHaveStatus(200)
    expect(await api.post('/posts', { title: 'T', body: 'B' }, user.auth)).toHaveStatus(403)
  },
)

check(
  'nobody registers with a role',
  {
    row: 'rbac',
    brief:
      'Nobody gives a role away by asking: a `role` in the body of `POST /auth/register` is a bad field, and creates nobody.',
    hints: [
      'What do you do with the fields of a body that you did not expect?',
      'Take the named fields, refuse the rest.',
    ],
  },
  async context => {
    const { api, sql } = context
    for (const role of ['admin', 'editor', 'viewer']) {
      const sent = newUser(context, { role })
      expect(await api.post('/auth/register', sent)).toBeProblem(422, ['role'])
      const rows = await sql('select role from users where lower(email) = lower($1)', [sent.email])
      expect(rows, 'users with the address').toEqual([])
    }
  },
)

check(
  'a deleted user is gone, with posts, comments and tokens',
  {
    row: 'rbac',
    brief:
      "Deleting a user deletes that user's posts and comments, and the user's access tokens are answered with 401 from then on.",
    hints: [
      'What still names a user who is gone?',
      'Foreign keys can cascade; the token must look its user up.',
    ],
  },
  async context => {
    const { api } = context
    const [admin, editor] = [await account(context, 'admin'), await account(context, 'editor')]
    const leaver = await newAccount(context, 'editor')
    const post = await createPublished(api, leaver)
    const kept = await createPublished(api, editor)
    await createComment(api, kept.id, leaver)
    expect(await api.delete(`/users/${leaver.user.id}`, admin.auth)).toHaveStatus(204)
    expect(await api.get(`/users/${leaver.user.id}`, admin.auth)).toBeProblem(404)
    expect(await api.delete(`/users/${leaver.user.id}`, admin.auth)).toBeProblem(404)
    expect(await api.get(`/posts/${post.id}`)).toBeProblem(404)
    expect((await readPage<Comment>(api, `/posts/${kept.id}/comments`)).items, 'comments').toEqual([])
    expect(await api.get('/me', leaver.auth)).toBeProblem(401)
    const { email, password } = leaver
    expect(await api.post('/auth/login', { email, password })).toBeProblem(401)
  },
)
