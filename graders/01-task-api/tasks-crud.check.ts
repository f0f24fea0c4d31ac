import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { fieldsOf } from '../kit/matchers.js'
import {
  createTask,
  createUser,
  read,
  readPage,
  readPages,
  remove,
  type Task,
  withInstant,
} from './resources.js'
import { check } from './rubric.js'

check(
  'a task is read back with every field as it was sent',
  {
    row: 'tasks-crud',
    brief: 'A task that was created is read back with every field as it was sent',
    hints: [
      'Compare what you store with what you answer, field by field.',
      'POST answers the task itself, not the body that came in: read the row that the database returned.',
    ],
  },
  async context => {
    const { api, random } = context
    const user = await createUser(context)
    const sent = {
      title: `Paint ${random.letters(8)}`,
      description: 'Two coats, "matt", 7 m²',
      status: 'in_progress',
      priority: 5,
      dueAt: '2027-03-01T09:30:00.000Z',
      userId: user.id,
    }
    const task = await createTask(api, user.id, sent)
    expect(withInstant(task), 'the answer to POST /tasks').toMatchObject(Object(withInstant(sent)))
    const again = await read<Task>(api, `/tasks/${task.id}`)
    expect(withInstant(again), 'the task read back').toMatchObject(Object(withInstant(sent)))
    expect(Object.keys(again).sort(), 'fields of a task').toEqual([
      'createdAt',
      'description',
      'dueAt',
      'id',
      'priority',
      'status',
      'title',
      'updatedAt',
      'user',
      'userId',
    ])
  },
)

check(
  'fields that were left out have their defaults',
  {
    row: 'tasks-crud',
    brief: 'and with the defaults of the table for what was left out',
    hints: [
      'Which values does the table of task fields give for a missing field?',
      'Defaults can live in the schema of the body or in the table: not in the client.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id)
    expect(await read(api, `/tasks/${id}`)).toMatchObject({
      description: null,
      status: 'todo',
      priority: 3,
      dueAt: null,
    })
  },
)

check(
  'white space around title is cut off',
  {
    row: 'tasks-crud',
    brief: 'White space around `title` is cut off before it is checked and saved.',
    hints: [
      'Where in your validation could a text be normalised?',
      'Trim first, then check the length, then save the trimmed text.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id, { title: '  Paint  ' })
    expect(await read(api, `/tasks/${id}`), 'the task').toMatchObject({ title: 'Paint' })
    await createTask(api, user.id, { title: ` ${'t'.repeat(200)} ` })
  },
)

check(
  'dueAt with an offset comes back as the same instant in UTC',
  {
    row: 'tasks-crud',
    brief: '`dueAt` may be sent with any UTC offset; the same instant comes back in UTC.',
    hints: [
      'An instant has many spellings: which one do you store?',
      'A column that knows time zones keeps the instant; write it out in UTC.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id, { dueAt: '2027-01-01T00:30:00+05:30' })
    const { dueAt } = await read<Task>(api, `/tasks/${id}`)
    expect(new Date(String(dueAt)).toISOString(), 'the instant of dueAt').toBe('2026-12-31T19:00:00.000Z')
    expect(dueAt, 'dueAt in UTC').toMatch(/Z$/)
  },
)

check(
  'dueAt is in the years 1 to 9999 in UTC',
  {
    row: 'tasks-crud',
    brief: 'An instant outside the years 0001 to 9999 in UTC is a bad field.',
    hints: [
      'How would you write the year 10000 with four digits?',
      'Look at the year after the offset was taken into account: an hour can lie in another one.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    for (const dueAt of ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']) {
      const { id } = await createTask(api, user.id, { dueAt })
      const task = await read<Task>(api, `/tasks/${id}`)
      expect(withInstant(task), 'the task').toMatchObject({ dueAt: new Date(dueAt) })
    }
    for (const dueAt of [
      '0000-12-31T23:59:59.999Z',
      '0001-01-01T00:30:00+01:00',
      '9999-12-31T23:30:00-01:00',
    ]) {
      const answer = await api.post('/tasks', { title: 'Paint', userId: user.id, dueAt })
      expect(answer).toHaveStatus(422)
      expect(fieldsOf(answer), '`field`s in `errors`').toEqual(['dueAt'])
    }
  },
)

check(
  'PATCH changes the fields that are sent and no other',
  {
    row: 'tasks-crud',
    brief: '`PATCH` changes the fields that are sent and leaves all others as they are',
    hints: [
      'What does your UPDATE do with a field that the body does not have?',
      'Build the SET list from the fields that are present; absent is not null.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const fields = {
      description: 'Green paint',
      status: 'in_progress',
      priority: 1,
      dueAt: '2027-05-01T00:00:00.000Z',
    }
    const kept = { ...fields, dueAt: new Date(fields.dueAt) }
    const task = await createTask(api, user.id, fields)
    const another = await createTask(api, user.id)
    const changed = await api.patch(`/tasks/${task.id}`, { title: 'Paint the shed' })
    expect(changed).toHaveStatus(200)
    expect(withInstant(changed.body), 'the answer to PATCH').toMatchObject({
      ...kept,
      title: 'Paint the shed',
    })
    expect(withInstant(await read(api, `/tasks/${task.id}`)), 'the task read back').toMatchObject({
      ...kept,
      title: 'Paint the shed',
      userId: user.id,
    })
    expect(await api.patch(`/tasks/${task.id}`, { status: 'done', priority: 2 })).toHaveStatus(200)
    expect(withInstant(await read(api, `/tasks/${task.id}`)), 'the task read back').toMatchObject({
      ...kept,
      title: 'Paint the shed',
      status: 'done',
      priority: 2,
    })
    expect(await read(api, `/tasks/${another.id}`), 'another task').toEqual(another)
  },
)

check(
  'null clears description and dueAt, an empty object changes nothing',
  {
    row: 'tasks-crud',
    brief: '`null` clears `description` and `dueAt`; an empty object changes nothing and answers 200',
    hints: [
      'Absent and null are two different things.',
      'A test such as `if (body.dueAt)` takes null for absent; an UPDATE with an empty SET list is no SQL.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const task = await createTask(api, user.id, {
      description: 'Old',
      dueAt: '2027-05-01T00:00:00Z',
      priority: 4,
    })
    expect(await api.patch(`/tasks/${task.id}`, {})).toHaveStatus(200)
    expect(await read(api, `/tasks/${task.id}`), 'the task after an empty PATCH').toEqual(task)
    expect(await api.patch(`/tasks/${task.id}`, { description: null, dueAt: null })).toHaveStatus(200)
    expect(await read(api, `/tasks/${task.id}`), 'the task after clearing').toMatchObject({
      description: null,
      dueAt: null,
      priority: 4,
    })
  },
)

check(
  'updatedAt moves with a change and createdAt stays',
  {
    row: 'tasks-crud',
    brief:
      '`updatedAt` is the time of the last change: after a `PATCH` that changes a field it is later than before, and `createdAt` stays.',
    hints: [
      'A column default is only used by INSERT.',
      'Set updated_at in the UPDATE itself, or by a trigger.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const before = await createTask(api, user.id)
    await sleep(60)
    expect(await api.patch(`/tasks/${before.id}`, { title: 'Another title' })).toHaveStatus(200)
    const after = await read<Task>(api, `/tasks/${before.id}`)
    expect(after.createdAt, 'createdAt').toBe(before.createdAt)
    const laterMs = Date.parse(after.updatedAt) - Date.parse(before.updatedAt)
    // A clock may be adjusted meanwhile: half of the time that has passed is asked for.
    expect(laterMs, 'by how many milliseconds updatedAt is later, after 60 ms').toBeGreaterThan(30)
  },
)

check(
  'a deleted task is gone',
  {
    row: 'tasks-crud',
    brief: 'A task that was deleted is gone: reading it, changing it and deleting it again answer 404.',
    hints: [
      'How do you learn that an UPDATE or a DELETE found no row?',
      'RETURNING, or the number of affected rows, tells.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const kept = await createTask(api, user.id)
    const { id } = await createTask(api, user.id)
    await remove(api, `/tasks/${id}`)
    expect(await api.get(`/tasks/${id}`)).toHaveStatus(404)
    expect(await api.patch(`/tasks/${id}`, { title: 'Still here' })).toHaveStatus(404)
    expect(await api.patch(`/tasks/${id}`, {})).toHaveStatus(404)
    expect(await api.delete(`/tasks/${id}`)).toHaveStatus(404)
    const { items } = await readPage<Task>(api, `/tasks?userId=${user.id}`)
    expect(
      items.map(task => task.id),
      'tasks of the user',
    ).toEqual([kept.id])
  },
)

check(
  'tasks are filtered by status and by userId',
  {
    row: 'tasks-crud',
    brief: '`GET /tasks` filters by `status` and by `userId`; both together mean both',
    hints: [
      'Are both filters in the WHERE clause?',
      'Conditions are joined by AND; a parameter that is absent adds none.',
    ],
  },
  async context => {
    const { api, random } = context
    const [ada, bob] = [await createUser(context), await createUser(context)]
    for (const user of [ada, bob]) {
      for (const status of ['todo', 'done', 'done']) await createTask(api, user.id, { status })
    }
    const mine = await readPage<Task>(api, `/tasks?userId=${ada.id}&limit=100`)
    expect(
      mine.items.map(task => task.userId),
      'owners with userId',
    ).toEqual([ada.id, ada.id, ada.id])
    const both = await readPage<Task>(api, `/tasks?status=done&userId=${bob.id}&limit=100`)
    expect(
      both.items.map(task => [task.userId, task.status]),
      'owner and status with both',
    ).toEqual([
      [bob.id, 'done'],
      [bob.id, 'done'],
    ])
    const done = await readPage<Task>(api, '/tasks?status=done&limit=100')
    expect(new Set(done.items.map(task => task.status)), 'statuses with status=done').toEqual(
      new Set(['done']),
    )
    const nobody = await readPage<Task>(api, `/tasks?userId=${random.letters(10)}`)
    expect(nobody.items, 'tasks of an unknown user').toEqual([])
  },
)

check(
  'tasks are sorted as asked, newest first without sort',
  {
    row: 'tasks-crud',
    brief:
      '`sort` is `createdAt`, `title` or `priority`, with a `-` in front for descending order; without `sort`, the newest task comes first',
    hints: [
      'Try each of the six orders, and none.',
      'Map the allowed names to columns in a table of yours; never put the parameter into the SQL.',
    ],
  },
  async context => {
    const { api, random } = context
    const user = await createUser(context)
    const titles = ['b', 'c', 'a', 'd'].map(first => `${first}${random.letters(5)}`)
    const priorities = [2, 5, 1, 4]
    for (const [n, title] of titles.entries()) {
      await createTask(api, user.id, { title, priority: priorities[n] })
      await sleep(5)
    }
    const newestFirst = [...titles].reverse()
    const byTitle = [...titles].sort()
    const byPriority = [2, 0, 3, 1].map(n => titles[n])
    const orders = {
      createdAt: titles,
      '-createdAt': newestFirst,
      title: byTitle,
      '-title': [...byTitle].reverse(),
      priority: byPriority,
      '-priority': [...byPriority].reverse(),
    }
    for (const [sort, expected] of Object.entries(orders)) {
      const { items } = await readPage<Task>(api, `/tasks?userId=${user.id}&sort=${sort}`)
      expect(
        items.map(task => task.title),
        `titles with sort=${sort}`,
      ).toEqual(expected)
    }
    const { items } = await readPage<Task>(api, `/tasks?userId=${user.id}`)
    expect(
      items.map(task => task.title),
      'titles without sort',
    ).toEqual(newestFirst)
  },
)

check(
  'limit and cursor page through a list',
  {
    row: 'tasks-crud',
    brief:
      '`limit` is an integer from 1 to 100, and 20 if it is left out. While more items follow, `nextCursor` is a string',
    hints: [
      'How do you know whether more follows, without counting?',
      'Read one row more than the page has; the cursor says where the page ended.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    // As long as a title may be: a cursor must hold that, too.
    for (let n = 0; n < 21; n++)
      await createTask(api, user.id, { title: `Task ${String(n).padStart(2, '0')}`.padEnd(200, '.') })
    const first = await readPage<Task>(api, `/tasks?userId=${user.id}`)
    expect(first.items.length, 'items without limit').toBe(20)
    expect(first.nextCursor, 'nextCursor while one more follows').not.toBeNull()
    const sizes = async (limit: number) =>
      (await readPages<Task>(api, `/tasks?userId=${user.id}&limit=${limit}&sort=title`)).map(
        page => page.length,
      )
    expect(await sizes(7), 'sizes of the pages with limit=7').toEqual([7, 7, 7])
    expect(await sizes(1).then(all => all.length), 'pages with limit=1').toBe(21)
    expect(await sizes(100), 'sizes of the pages with limit=100').toEqual([21])
  },
)

check(
  'all pages together give every item once and in order, ties included',
  {
    row: 'tasks-crud',
    brief:
      'Going through all pages gives every item exactly once, in order, also where many items have the same `priority`.',
    hints: [
      'What orders two tasks of one priority, on one page and across two?',
      'Add a unique column to ORDER BY and to the cursor.',
    ],
  },
  async context => {
    const { api, random } = context
    const user = await createUser(context)
    const ids: string[] = []
    for (let n = 0; n < 24; n++) {
      ids.push(
        (await createTask(api, user.id, { priority: random.integer(2, 3), title: `Same ${n % 3}` })).id,
      )
    }
    for (const [sort, key] of [
      ['priority', 'priority'],
      ['-priority', 'priority'],
      ['title', 'title'],
      ['createdAt', 'createdAt'],
    ] as const) {
      const tasks = (await readPages<Task>(api, `/tasks?userId=${user.id}&sort=${sort}&limit=5`)).flat()
      expect(tasks.map(task => task.id).sort(), `ids on all pages with sort=${sort}`).toEqual([...ids].sort())
      const keys = tasks.map(task => (key === 'createdAt' ? Date.parse(task[key]) : task[key]))
      const sorted = [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      expect(keys, `${key} over all pages with sort=${sort}`).toEqual(
        sort.startsWith('-') ? sorted.reverse() : sorted,
      )
    }
  },
)

check(
  'tasks and users survive a restart of the server',
  {
    row: 'tasks-crud',
    brief: 'What was written is still there after the server was stopped and started again.',
    hints: [
      'Where does your data live while the server is down?',
      'Creating tables at start must leave the ones that exist alone.',
    ],
  },
  async context => {
    const { api, restartApp } = context
    const user = await createUser(context)
    const task = await createTask(api, user.id)
    await restartApp()
    expect(await read(api, `/tasks/${task.id}`), 'the task after a restart').toEqual(task)
    expect(await read(api, `/users/${user.id}`), 'the user after a restart').toEqual(user)
  },
)
