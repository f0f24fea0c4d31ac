import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import {
  createTask,
  createUser,
  goneUserId,
  read,
  readPage,
  readPages,
  remove,
  type Task,
} from './resources.js'
import { check } from './rubric.js'

interface ForeignKey {
  readonly column: string
  readonly nullable: boolean
  readonly target: string
  readonly targetIsPrimaryKey: boolean
}

/** The foreign keys from `tasks` to `users`, from Postgres's catalog. */
async function foreignKeys({ sql }: CheckContext): Promise<readonly ForeignKey[]> {
  return sql<ForeignKey>(`
    select a.attname as "column", not a.attnotnull as nullable, f.attname as target,
           exists (select from pg_constraint p where p.contype = 'p' and p.conrelid = c.confrelid and p.conkey = c.confkey)
             as "targetIsPrimaryKey"
      from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
     where c.contype = 'f' and c.conrelid = to_regclass('tasks') and c.confrelid = to_regclass('users')`)
}

check(
  'a foreign key leads from tasks to users',
  {
    row: 'relations',
    brief:
      'The database has a table `users` and a table `tasks`, and a foreign key leads from a column of `tasks`, which cannot be null, to the primary key of `users`.',
    hints: [
      'What keeps a task without a user out of the table, when your code has a bug?',
      'REFERENCES users and NOT NULL on the column.',
    ],
  },
  async context => {
    const [key] = await foreignKeys(context)
    expect(key, 'the foreign key from tasks to users').toMatchObject({
      nullable: false,
      targetIsPrimaryKey: true,
    })
  },
)

check(
  'every task carries its owner as it is now',
  {
    row: 'relations',
    brief:
      'Every task carries its owner as `user`; it changes when `userId` is changed and shows a new name at once.',
    hints: [
      'Where does the name of the owner live?',
      'Join users when you read tasks; a copy of the name grows old.',
    ],
  },
  async context => {
    const { api } = context
    const [ada, bob] = [await createUser(context), await createUser(context)]
    const task = await createTask(api, ada.id)
    const owner = { id: ada.id, name: ada.name }
    expect(task.user, '`user` in the answer to POST /tasks').toEqual(owner)
    expect((await read<Task>(api, `/tasks/${task.id}`)).user, '`user` of the task').toEqual(owner)
    const { items } = await readPage<Task>(api, `/tasks?userId=${ada.id}`)
    expect(items[0]?.user, '`user` of the task in the list').toEqual(owner)
    const moved = await api.patch(`/tasks/${task.id}`, { userId: bob.id })
    expect(moved).toHaveStatus(200)
    expect(Object(moved.body).user, '`user` after changing `userId`').toEqual({ id: bob.id, name: bob.name })
    expect(await api.patch(`/users/${bob.id}`, { name: 'Robert' })).toHaveStatus(200)
    expect((await read<Task>(api, `/tasks/${task.id}`)).user, '`user` after changing the name').toEqual({
      id: bob.id,
      name: 'Robert',
    })
  },
)

check(
  "/users/:id/tasks gives that user's tasks, as /tasks does",
  {
    row: 'relations',
    brief:
      "`GET /users/:id/tasks` gives that user's tasks only, with the filters, order and pages of `GET /tasks`; for a user who does not exist it answers 404.",
    hints: [
      'How does a user without tasks differ from no user?',
      'One function can serve both lists; the path only sets the filter.',
    ],
  },
  async context => {
    const { api } = context
    const [ada, bob] = [await createUser(context), await createUser(context)]
    for (const user of [ada, bob]) {
      for (const [n, status] of ['todo', 'done', 'done'].entries())
        await createTask(api, user.id, { status, title: `${3 - n}` })
    }
    const pages = await readPages<Task>(api, `/users/${ada.id}/tasks?limit=2&sort=title`)
    expect(
      pages.map(page => page.map(task => [task.userId, task.title])),
      'owner and title on two pages',
    ).toEqual([
      [
        [ada.id, '1'],
        [ada.id, '2'],
      ],
      [[ada.id, '3']],
    ])
    const done = await readPage<Task>(api, `/users/${ada.id}/tasks?status=done`)
    expect(
      done.items.map(task => [task.userId, task.status]),
      'owner and status',
    ).toEqual([
      [ada.id, 'done'],
      [ada.id, 'done'],
    ])
    const own = await readPage<Task>(api, `/users/${ada.id}/tasks?userId=${ada.id}`)
    expect(own.items.length, 'tasks of the user with the own userId').toBe(3)
    const others = await readPage<Task>(api, `/users/${ada.id}/tasks?userId=${bob.id}`)
    expect(others.items, 'tasks of the user with the userId of another').toEqual([])
    const empty = await readPage<Task>(api, `/users/${(await createUser(context)).id}/tasks`)
    expect(empty.items, 'tasks of a new user').toEqual([])
    expect(await api.get(`/users/${await goneUserId(context)}/tasks`)).toHaveStatus(404)
  },
)

check(
  "deleting a user deletes the user's tasks and no others",
  {
    row: 'relations',
    brief:
      "Deleting a user deletes the user's tasks, and no one else's: no row of them stays in the database.",
    hints: [
      'What does your foreign key say about the deletion of a user?',
      'ON DELETE CASCADE, or both deletions in one transaction.',
    ],
  },
  async context => {
    const { api, sql } = context
    const [ada, bob] = [await createUser(context), await createUser(context)]
    const gone = await createTask(api, ada.id)
    const kept = await createTask(api, bob.id)
    const count = () => sql<{ count: number }>('select count(*)::int as count from tasks')
    const [before] = await count()
    await remove(api, `/users/${ada.id}`)
    expect(await api.get(`/tasks/${gone.id}`)).toHaveStatus(404)
    expect(await read(api, `/tasks/${kept.id}`), 'the task of another user').toEqual(kept)
    const [after] = await count()
    expect(after?.count, 'rows in the table tasks').toBe((before?.count ?? 0) - 1)
  },
)

check(
  'a list takes the same number of statements whatever its size',
  {
    row: 'relations',
    brief: 'A list takes the same number of SQL statements whatever the number of its items.',
    hints: [
      'Watch the statements of one list: what repeats?',
      'Fetch the owners with the tasks: a join, or one more query for all ids.',
    ],
  },
  async context => {
    const { api, statementsOf } = context
    const users = [
      await createUser(context),
      await createUser(context),
      await createUser(context),
      await createUser(context),
    ]
    for (let n = 0; n < 12; n++) await createTask(api, users[n % 4]?.id ?? '', { priority: 1 })
    for (const list of ['/tasks', '/users', `/users/${users[0]?.id}/tasks`]) {
      const statements = async (limit: number) => {
        const answer = await api.get(`${list}?limit=${limit}`)
        expect(answer).toHaveStatus(200)
        return (await statementsOf(answer)).length
      }
      await statements(1)
      const one = await statements(1)
      expect(one, `SQL statements of GET ${list}?limit=1`).toBeGreaterThan(0)
      expect(await statements(3), `SQL statements of GET ${list}?limit=3`).toBe(one)
      expect(await statements(12), `SQL statements of GET ${list}?limit=12`).toBe(one)
    }
  },
)
