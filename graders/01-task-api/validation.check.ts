import { expect } from 'vitest'
import type { Answer } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'
import { fieldsOf } from '../kit/matchers.js'
import { createTask, createUser, goneUserId, newUser, read, readPage, type Task } from './resources.js'
import { check } from './rubric.js'

function expectBadFields(answer: Answer, fields: readonly string[]): void {
  expect(answer).toHaveStatus(422)
  expect(fieldsOf(answer), '`field`s in `errors`').toEqual([...fields].sort())
}

/** A fingerprint of every row of both tables. */
async function fingerprint({ sql }: CheckContext): Promise<unknown> {
  return sql(`select (select md5(string_agg(t::text, '|' order by t::text)) from tasks t) as tasks,
                     (select md5(string_agg(u::text, '|' order by u::text)) from users u) as users`)
}

check(
  'every bad field is named, not only the first',
  {
    row: 'validation',
    brief:
      'A body with bad fields is answered with 422, and `errors` names every bad field, not only the first.',
    hints: [
      'Does your validation stop at the first mistake?',
      'Collect all issues of the schema and map each to a field.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const bad = {
      title: '',
      status: 'doing',
      priority: 9,
      dueAt: 'tomorrow',
      description: 5,
      userId: user.id,
    }
    expectBadFields(await api.post('/tasks', bad), ['title', 'status', 'priority', 'dueAt', 'description'])
    const ownerless = { title: '', userId: await goneUserId(context) }
    expectBadFields(await api.post('/tasks', ownerless), ['title', 'userId'])
    expectBadFields(await api.post('/users', { name: '', email: 'nobody' }), ['name', 'email'])
  },
)

check(
  'required fields that are missing and fields of another type are bad',
  {
    row: 'validation',
    brief: 'A bad field is one that is required and missing, has the wrong type',
    hints: [
      'What does your server do with the text "3" as a priority?',
      'No conversion: a number is not a text, and null is not absent.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    expectBadFields(await api.post('/tasks', {}), ['title', 'userId'])
    expectBadFields(await api.post('/users', {}), ['email', 'name'])
    const wrong: readonly [string, unknown][] = [
      ['title', 7],
      ['title', null],
      ['description', ['x']],
      ['status', null],
      ['priority', '3'],
      ['priority', 2.5],
      ['priority', null],
      ['dueAt', 1_800_000_000],
      ['userId', 7],
    ]
    for (const [field, value] of wrong) {
      const body = { title: 'Paint', userId: user.id, [field]: value }
      expectBadFields(await api.post('/tasks', body), [field])
    }
    expectBadFields(await api.post('/users', newUser(context, { name: 7 })), ['name'])
    expectBadFields(await api.post('/users', newUser(context, { email: true })), ['email'])
  },
)

check(
  'the limits of the tables hold to the character',
  {
    row: 'validation',
    brief: 'breaks a limit of the tables above',
    hints: [
      'Try the last value that is allowed and the first that is not.',
      'Both ends belong to the range.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const allowed = [
      { title: 't'.repeat(200) },
      { description: 'd'.repeat(2000) },
      { priority: 1 },
      { priority: 5 },
      { description: '' },
    ]
    for (const fields of allowed) await createTask(api, user.id, fields)
    await createUser(context, { name: 'n'.repeat(100) })
    // Its parts are no longer than parts of an address and of a domain may be.
    const emailOf = (length: number) =>
      `${context.random.letters(60)}@${`${'d'.repeat(60)}.`.repeat(3)}com`.padEnd(length, 'm')
    await createUser(context, { email: emailOf(254) })
    expectBadFields(await api.post('/users', newUser(context, { email: emailOf(255) })), ['email'])
    const bad: readonly [string, unknown][] = [
      ['title', 't'.repeat(201)],
      ['description', 'd'.repeat(2001)],
      ['priority', 0],
      ['priority', 6],
      ['status', 'doing'],
    ]
    for (const [field, value] of bad) {
      expectBadFields(await api.post('/tasks', { title: 'Paint', userId: user.id, [field]: value }), [field])
    }
    expectBadFields(await api.post('/users', newUser(context, { name: 'n'.repeat(101) })), ['name'])
    for (const email of [
      'nobody',
      'a@',
      '@example.com',
      'a b@example.com',
      `${'e'.repeat(250)}@example.com`,
    ]) {
      expectBadFields(await api.post('/users', newUser(context, { email })), ['email'])
    }
  },
)

check(
  'fields that a client does not write are bad',
  {
    row: 'validation',
    brief: 'or is not one that a client writes',
    hints: [
      'What happens to a field that your schema does not know?',
      'A strict object schema refuses unknown names.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const task = { title: 'Paint', userId: user.id }
    for (const field of ['id', 'user', 'createdAt', 'colour']) {
      expectBadFields(await api.post('/tasks', { ...task, [field]: 'x' }), [field])
    }
    expectBadFields(
      await api.post('/users', newUser(context, { id: '7', createdAt: '2026-01-01T00:00:00Z' })),
      ['createdAt', 'id'],
    )
    const { id } = await createTask(api, user.id)
    expectBadFields(await api.patch(`/tasks/${id}`, { id: '7' }), ['id'])
  },
)

check(
  'texts of spaces and texts with U+0000 are bad',
  {
    row: 'validation',
    brief:
      'A `name`, `email` or `title` of white space only counts as empty. The character U+0000 is not allowed in any text of a body.',
    hints: [
      'Postgres cannot store every JSON string.',
      'Trim before the length is checked, and refuse \\u0000 in every text.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const task = { title: 'Paint', userId: user.id }
    expectBadFields(await api.post('/tasks', { ...task, title: '   ' }), ['title'])
    expectBadFields(await api.post('/users', newUser(context, { name: ' \t ' })), ['name'])
    expectBadFields(await api.post('/tasks', { ...task, title: 'a\u0000b', description: '\u0000' }), [
      'description',
      'title',
    ])
    expectBadFields(await api.post('/users', newUser(context, { name: 'a\u0000b' })), ['name'])
    expectBadFields(await api.post('/tasks', { ...task, userId: 'a\u0000b' }), ['userId'])
  },
)

check(
  'a time must be RFC 3339 and on the calendar',
  {
    row: 'validation',
    brief: 'A time that no calendar has, such as the 30th of February, is a bad field.',
    hints: [
      'What does your language make of the 30th of February?',
      'Some parsers roll over into March: compare, or use a strict one.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    for (const dueAt of [
      '2027-02-30T00:00:00Z',
      '2027-13-01T00:00:00Z',
      '2027-01-01T25:00:00Z',
      '2027-01-01',
      'soon',
      '',
    ]) {
      expectBadFields(await api.post('/tasks', { title: 'Paint', userId: user.id, dueAt }), ['dueAt'])
    }
  },
)

check(
  'a userId that names no user is a bad field',
  {
    row: 'validation',
    brief: '`userId` naming no user is a bad field: 422, `errors` names `userId`.',
    hints: [
      'Who knows whether the user exists: your code, or the database?',
      'The foreign key refuses it (SQLSTATE 23503): turn that into the answer.',
    ],
  },
  async context => {
    const { api, random } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id)
    for (const userId of [await goneUserId(context), random.letters(12), '']) {
      expectBadFields(await api.post('/tasks', { title: 'Paint', userId }), ['userId'])
      expectBadFields(await api.patch(`/tasks/${id}`, { userId }), ['userId'])
    }
  },
)

check(
  'PATCH is held to the same rules',
  {
    row: 'validation',
    brief: 'The same rules hold for `PATCH`, except that a field may be left out.',
    hints: [
      'Is the body of a PATCH validated at all?',
      'The schema of PATCH is that of POST with every field optional, without defaults.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id)
    const bad = { title: ' ', status: 'doing', priority: 0, dueAt: '2027-02-30T00:00:00Z', colour: 'red' }
    expectBadFields(await api.patch(`/tasks/${id}`, bad), Object.keys(bad))
    expectBadFields(await api.patch(`/tasks/${id}`, { title: null, userId: null }), ['title', 'userId'])
    expectBadFields(await api.patch(`/users/${user.id}`, { name: '', email: 'nobody' }), ['email', 'name'])
  },
)

check(
  'a rejected request writes nothing',
  {
    row: 'validation',
    brief: 'A rejected request writes nothing: every row in the database is as before.',
    hints: [
      'In which order do you validate and write?',
      'Validate first; what only the database can tell must fail in the statement that writes.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const task = await createTask(api, user.id, { description: 'As it was' })
    const gone = await goneUserId(context)
    const before = await fingerprint(context)
    const rejected = [
      await api.post('/tasks', { title: 'Fine', userId: user.id, priority: 9 }),
      await api.post('/tasks', { title: 'Fine', userId: gone }),
      await api.post('/users', newUser(context, { name: '' })),
      await api.patch(`/tasks/${task.id}`, { title: 'Changed', priority: 9 }),
      await api.patch(`/users/${user.id}`, { name: 'Changed', email: 'nobody' }),
    ]
    for (const answer of rejected) expect(answer).toHaveStatus(422)
    expect(await fingerprint(context), 'fingerprint of the rows of users and tasks').toEqual(before)
  },
)

check(
  'a bad query parameter is answered with 400 that names it',
  {
    row: 'validation',
    brief: 'A query parameter with a bad value is answered with 400, and `errors` names it',
    hints: [
      'Which parameters does a list take, and which values?',
      'A schema for the query, as for the body; the cursor has a form that you know too.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const bad: readonly [string, string][] = [
      ['limit', '0'],
      ['limit', '101'],
      ['limit', 'ten'],
      ['limit', '1.5'],
      ['limit', ''],
      ['sort', 'colour'],
      ['sort', 'title;DROP TABLE tasks'],
      ['status', 'doing'],
      ['cursor', 'not-a-cursor'],
      ['cursor', Buffer.from('{"a":1}').toString('base64url')],
    ]
    for (const path of ['/tasks', '/users', `/users/${user.id}/tasks`]) {
      for (const [parameter, value] of bad) {
        if (path === '/users' && parameter === 'status') continue
        const answer = await api.get(`${path}?${parameter}=${encodeURIComponent(value)}`)
        expect(answer).toHaveStatus(400)
        expect(fieldsOf(answer), '`field`s in `errors`').toEqual([parameter])
      }
    }
    await readPage(api, '/tasks?colour=red')
  },
)

check(
  'a cursor that was changed is bad',
  {
    row: 'validation',
    brief: 'a `cursor` that you did not give out',
    hints: [
      'How do you know that a cursor comes from you?',
      'Put a digest of the position into the cursor, and compare it when the cursor comes back.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    for (let n = 0; n < 2; n++) await createTask(api, user.id)
    const list = `/tasks?userId=${user.id}&limit=1`
    const cursor = String((await readPage(api, list)).nextCursor)
    for (const part of [0, 1 / 3, 2 / 3]) {
      const at = Math.floor(cursor.length * part)
      const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1)
      const answer = await api.get(`${list}&cursor=${encodeURIComponent(changed)}`)
      expect(answer).toHaveStatus(400)
      expect(fieldsOf(answer), '`field`s in `errors`').toEqual(['cursor'])
    }
  },
)

check(
  'SQL in a field, an id or a parameter is only text',
  {
    row: 'validation',
    brief:
      'Text is data: quotes, semicolons and SQL in a field, an id or a parameter are stored or looked up as they are.',
    hints: [
      'Is any SQL of yours made by joining strings?',
      'Send values as parameters ($1, $2), never as part of the statement.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context, { name: "O'Brien'); DROP TABLE tasks; --" })
    const hostile = '\'; DELETE FROM tasks; -- \\ " $1 %s'
    const task = await createTask(api, user.id, { title: hostile.trim(), description: hostile })
    expect(await read(api, `/tasks/${task.id}`), 'the task').toMatchObject({
      title: hostile.trim(),
      description: hostile,
    })
    expect(await api.patch(`/tasks/${task.id}`, { title: "x', status = 'done" })).toHaveStatus(200)
    expect(await read(api, `/tasks/${task.id}`), 'the task').toMatchObject({
      title: "x', status = 'done",
      status: 'todo',
    })
    expect(await read(api, `/users/${user.id}`), 'the user').toMatchObject({ name: user.name })
    const everything = encodeURIComponent("' OR '1'='1")
    const { items } = await readPage<Task>(api, `/tasks?userId=${everything}`)
    expect(items, "tasks of the user ' OR '1'='1").toEqual([])
    expect(await api.get(`/tasks/${everything}`)).toHaveStatus(404)
    expect(await api.delete(`/tasks/${everything}`)).toHaveStatus(404)
    await read(api, `/tasks/${task.id}`)
  },
)
