import { type BenchAnswer, defineBench, inParallel } from '../kit/bench.js'

const USERS = 100
const TASKS_EACH = 20
const PAGE = 50
const statuses = ['todo', 'in_progress', 'done'] as const

interface Task {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly priority: number
  readonly user: { readonly id: string; readonly name: string }
}

interface User {
  readonly id: string
  readonly name: string
}

interface Data {
  /** Each has exactly `TASKS_EACH` tasks with these titles. */
  readonly owners: readonly (User & { readonly titles: readonly string[] })[]
  /** Nobody lists the tasks of these. */
  readonly writers: readonly User[]
  /** The task of the last answer with 201 that was looked at. */
  created: Task | undefined
}

const itemsOf = ({ body }: BenchAnswer): readonly Task[] => {
  const { items } = Object(body) as { items?: unknown }
  return Array.isArray(items) ? items : []
}

export const bench = defineBench<Data>({
  brief:
    'The rate of each scenario is set against that of the reference, measured in the same run: half of it gives all of the points.',
  hints: [
    'Count the SQL statements of one list, and look at how long each of them takes.',
    'A list is one statement: join the owner in it, and let an index give the order.',
  ],
  async prepare({ ask, random }) {
    const create = (path: string, body: object) => ask({ method: 'POST', path, body })
    const users = (await inParallel(Array.from({ length: USERS + 10 }), 8, (_, n) =>
      create('/users', { name: `Ada ${n}`, email: `bench-${n}@example.com` }),
    )) as User[]
    const owners = users.slice(0, USERS).map(({ id, name }) => ({
      id,
      name,
      titles: Array.from({ length: TASKS_EACH }, (_, n) => `${random.letters(12)} ${n}`),
    }))
    const drafts = owners.flatMap(({ id, titles }) =>
      titles.map((title, n) => ({
        title,
        userId: id,
        description: `${random.letters(60)}`,
        status: random.pick(statuses),
        priority: (n % 5) + 1,
      })),
    )
    await inParallel(drafts, 8, draft => create('/tasks', draft))
    return { owners, writers: users.slice(USERS), created: undefined }
  },
  scenarios: [
    {
      id: 'list',
      title: 'Lists of tasks',
      weight: 3,
      connections: 8,
      request({ owners }, random, n) {
        if (n % 2 === 0) {
          const owner = owners[random.integer(0, owners.length - 1)]
          return {
            path: `/tasks?userId=${owner?.id}`,
            fault(answer) {
              const items = itemsOf(answer)
              const titles = items.map(({ title }) => title).sort()
              if (titles.join() !== [...(owner?.titles ?? [])].sort().join())
                return `expected the ${TASKS_EACH} tasks of that user, got ${items.length} items`
              if (items.some(({ user }) => user?.name !== owner?.name))
                return 'a task does not carry its owner as `user`'
              return undefined
            },
          }
        }
        const status = random.pick(statuses)
        return {
          path: `/tasks?status=${status}&sort=-priority&limit=${PAGE}`,
          fault(answer) {
            const items = itemsOf(answer)
            if (items.length !== PAGE || items.some(item => item.status !== status))
              return `expected ${PAGE} tasks with the status ${status}, got ${items.length} items`
            const ordered = items.every(
              (item, at) => at === 0 || item.priority <= Number(items[at - 1]?.priority),
            )
            return ordered ? undefined : 'the tasks are not in descending order of priority'
          },
        }
      },
    },
    {
      id: 'create',
      title: 'Creating tasks',
      weight: 2,
      connections: 8,
      request(data, random) {
        const writer = data.writers[random.integer(0, data.writers.length - 1)]
        const title = `Water the ${random.letters(10)}`
        const priority = random.integer(1, 5)
        return {
          method: 'POST',
          path: '/tasks',
          body: { title, priority, userId: writer?.id },
          fault({ status, body }) {
            const task = Object(body) as Partial<Task>
            if (status !== 201) return `expected status 201, got ${status}`
            if (task.title !== title || task.priority !== priority || task.user?.id !== writer?.id)
              return 'the task is not the one that was sent'
            data.created = body as Task
            return undefined
          },
        }
      },
      async after({ ask }, { created }) {
        if (!created) return undefined
        const found = (await ask({ path: `/tasks/${created.id}` })) as Task
        return found.title === created.title ? undefined : 'a task that was created is not there'
      },
    },
  ],
  slow: [
    {
      id: 'query-per-row',
      file: 'kysely/task-store.ts',
      find: `      return await query
        .where(isAfter('tasks', page))
        .orderBy(\`tasks.\${page.sortBy}\`, page.direction)
        .orderBy('tasks.id', page.direction)
        .limit(page.limit)
        .execute()`,
      replace: `      const tasks = await query
        .where(isAfter('tasks', page))
        .orderBy(\`tasks.\${page.sortBy}\`, page.direction)
        .orderBy('tasks.id', page.direction)
        .limit(page.limit)
        .execute()
      const found = []
      for (const { id } of tasks) found.push(await find(id))
      return found.filter(task => task !== undefined)`,
      because: 'Each task of a list is read again by itself, for its owner.',
    },
  ],
})
