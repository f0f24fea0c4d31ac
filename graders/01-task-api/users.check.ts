import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { createUser, newUser, read, readPages, remove, type User } from './resources.js'
import { check } from './rubric.js'

check(
  'a user is read back as it was sent',
  {
    row: 'users',
    brief: 'A user that was created is read back as it was sent',
    hints: [
      'Read what you stored, not what came in.',
      'The table of user fields has five names, in camelCase.',
    ],
  },
  async context => {
    const { api } = context
    const sent = newUser(context, { name: 'Grace "Amazing" Hopper' })
    const { id } = await createUser(context, sent)
    const user = await read<User>(api, `/users/${id}`)
    expect(user, 'the user read back').toMatchObject({ id, ...sent })
    expect(Object.keys(user).sort(), 'fields of a user').toEqual([
      'createdAt',
      'email',
      'id',
      'name',
      'updatedAt',
    ])
    for (const time of [user.createdAt, user.updatedAt]) {
      expect(time, 'a time').toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
    }
  },
)

check(
  'white space around name and email is cut off',
  {
    row: 'users',
    brief: 'White space around `name` and `email` is cut off before they are checked and saved.',
    hints: [
      'Where in your validation could a text be normalised?',
      'Trim first, then check the length, then save the trimmed text.',
    ],
  },
  async context => {
    const { api, random } = context
    const email = `${random.letters(12)}@example.com`
    const { id } = await createUser(context, { name: '  Ada  ', email: ` ${email} ` })
    expect(await read(api, `/users/${id}`), 'the user').toMatchObject({ name: 'Ada', email })
    await createUser(context, { name: `  ${'n'.repeat(100)}  ` })
  },
)

check(
  'changing one field of a user leaves the other',
  {
    row: 'users',
    brief: "Changing a user's `name` leaves the `email` as it is, and the other way round.",
    hints: ['PATCH has only the fields that change.', 'Build the SET list from the fields that are present.'],
  },
  async context => {
    const { api, random } = context
    const user = await createUser(context)
    const another = await createUser(context)
    expect(await api.patch(`/users/${user.id}`, { name: 'Countess' })).toHaveStatus(200)
    expect(await read(api, `/users/${user.id}`), 'after changing the name').toMatchObject({
      name: 'Countess',
      email: user.email,
    })
    const email = `${random.letters(12)}@example.org`
    const changed = await api.patch(`/users/${user.id}`, { email })
    expect(changed).toHaveStatus(200)
    expect(changed.body, 'the answer to PATCH').toMatchObject({ name: 'Countess', email })
    expect(await read(api, `/users/${user.id}`), 'after changing the email').toMatchObject({
      name: 'Countess',
      email,
    })
    expect(await read(api, `/users/${another.id}`), 'another user').toEqual(another)
  },
)

check(
  'an empty object changes nothing of a user',
  {
    row: 'users',
    brief: 'An empty object changes nothing of a user, `updatedAt` included, and answers 200.',
    hints: [
      'What is left of your UPDATE when no field was sent?',
      'Without a field to set there is nothing to write: answer the user as it is.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    expect(await api.patch(`/users/${user.id}`, {})).toHaveStatus(200)
    expect(await read(api, `/users/${user.id}`), 'the user after an empty PATCH').toEqual(user)
  },
)

check(
  'a deleted user is gone',
  {
    row: 'users',
    brief: 'A user that was deleted is gone: reading, changing and deleting it answer 404.',
    hints: [
      'How do you learn that a DELETE found no row?',
      'RETURNING, or the number of affected rows, tells.',
    ],
  },
  async context => {
    const { api } = context
    const { id } = await createUser(context)
    await remove(api, `/users/${id}`)
    expect(await api.get(`/users/${id}`)).toHaveStatus(404)
    expect(await api.patch(`/users/${id}`, { name: 'Nobody' })).toHaveStatus(404)
    expect(await api.delete(`/users/${id}`)).toHaveStatus(404)
  },
)

check(
  'users are listed in pages, sorted as asked, newest first without sort',
  {
    row: 'users',
    brief:
      '`sort` of `GET /users` is `createdAt` or `name`, with a `-` in front for descending order; without `sort`, the newest user comes first, as with `-createdAt`.',
    hints: [
      'What orders two users of one name, on one page and across two?',
      'Add a unique column to ORDER BY and to the cursor; map the names of `sort` to columns in a table of yours.',
    ],
  },
  async context => {
    const { api, random } = context
    const prefix = random.letters(8)
    // Wherever a page ends, one does so among users of the same name.
    const mine = ['b', 'c', 'a', 'd', 'a', 'a', 'a', 'a'].map(letter => `${letter}${prefix}`)
    const ids: string[] = []
    for (const name of mine) {
      ids.push((await createUser(context, { name })).id)
      await sleep(5)
    }
    const listed = async (query: string) => {
      const users = (await readPages<User>(api, `/users?limit=3${query}`)).flat()
      expect(
        new Set(users.map(user => user.id)).size,
        `different users on all pages of /users?limit=3${query}`,
      ).toBe(users.length)
      return users.filter(user => ids.includes(user.id)).map(user => user.name)
    }
    const byName = [...mine].sort()
    expect(await listed('&sort=name'), 'names with sort=name').toEqual(byName)
    expect(await listed('&sort=-name'), 'names with sort=-name').toEqual([...byName].reverse())
    expect(await listed('&sort=createdAt'), 'names with sort=createdAt').toEqual(mine)
    expect(await listed(''), 'names without sort').toEqual([...mine].reverse())
  },
)
