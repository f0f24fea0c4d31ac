import { expect } from 'vitest'
import { createTask, createUser, newUser, read } from './resources.js'
import { check } from './rubric.js'

check(
  'creating answers 201 with the Location of what was created',
  {
    row: 'status-codes',
    brief: 'Creating answers 201 with a `Location` header that leads to what was created',
    hints: [
      '200 says that it went well: which status says that something is new?',
      'Location is the path of the new resource, with its id.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    for (const [path, body] of [
      ['/users', newUser(context, { name: 'Second' })],
      ['/tasks', { title: 'Paint', userId: user.id }],
    ] as const) {
      const email = `${context.random.letters(12)}@example.net`
      const answer = await api.post(path, path === '/users' ? { ...body, email } : body)
      expect(answer).toHaveStatus(201)
      const location = answer.headers.get('location')
      expect(location, 'the Location header').toMatch(new RegExp(`${path}/[^/]+$`))
      const target = new URL(location ?? '', 'http://app')
      expect(await read(api, target.pathname), 'what Location leads to').toEqual(answer.body)
    }
  },
)

check(
  'deleting answers 204 without a body',
  {
    row: 'status-codes',
    brief: 'Deleting answers 204 without a body.',
    hints: ['What is there to say about something that is gone?', '204, and no body.'],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const task = await createTask(api, user.id)
    for (const path of [`/tasks/${task.id}`, `/users/${user.id}`]) {
      const answer = await api.delete(path)
      expect(answer).toHaveStatus(204)
      expect(answer.text, 'the body').toBe('')
    }
  },
)

check(
  'a wrong method is 405 with Allow, not 404',
  {
    row: 'status-codes',
    brief: '405 comes with an `Allow` header that lists the methods which the path has',
    hints: [
      'The path exists: what is it that does not?',
      'Routers can tell which methods a path has; list them in Allow.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const wrong: readonly [string, string, readonly string[]][] = [
      ['PUT', '/tasks', ['GET', 'POST']],
      ['DELETE', '/users', ['GET', 'POST']],
      ['POST', `/users/${user.id}`, ['DELETE', 'GET', 'PATCH']],
      ['PUT', '/tasks/1', ['DELETE', 'GET', 'PATCH']],
      ['DELETE', `/users/${user.id}/tasks`, ['GET']],
    ]
    for (const [method, path, methods] of wrong) {
      const answer = await api.send({ method, path })
      expect(answer).toHaveStatus(405)
      const allowed = (answer.headers.get('allow') ?? '').split(',').map(name => name.trim().toUpperCase())
      expect(
        allowed.filter(name => name !== 'HEAD' && name !== 'OPTIONS').sort(),
        `methods in Allow of ${method} ${path}`,
      ).toEqual(methods)
    }
    expect(await api.send({ method: 'PUT', path: '/nothing' })).toHaveStatus(404)
  },
)

check(
  'an email that another user has is 409',
  {
    row: 'status-codes',
    brief:
      'An `email` that another user has, in whatever letter case, is answered with 409, on `POST` and on `PATCH`',
    hints: [
      'Two people type one address in two ways: who notices?',
      'A unique index on lower(email), and its error (SQLSTATE 23505) turned into 409.',
    ],
  },
  async context => {
    const { api, random } = context
    const taken = await createUser(context)
    const other = await createUser(context, { email: `${random.letters(12)}@example.org` })
    for (const email of [taken.email, taken.email.toUpperCase()]) {
      expect(await api.post('/users', newUser(context, { email }))).toHaveStatus(409)
      expect(await api.patch(`/users/${other.id}`, { email })).toHaveStatus(409)
    }
    expect(await read(api, `/users/${other.id}`), 'the user whose PATCH was refused').toEqual(other)
  },
)

check(
  'of parallel requests with one new email exactly one succeeds',
  {
    row: 'status-codes',
    brief:
      'of several requests in parallel with one new address exactly one succeeds, and the others get 409.',
    hints: [
      'What can happen between your check and your insert?',
      'Only the database sees both requests: let a unique index decide.',
    ],
  },
  async context => {
    const { api } = context
    const inParallel = <T>(send: () => Promise<T>) => Promise.all(Array.from({ length: 12 }, send))
    // A server that opens its connections one by one would take the first requests one by one, too.
    await inParallel(() => api.get('/users?limit=1'))
    for (let round = 0; round < 3; round++) {
      const body = newUser(context)
      const answers = await inParallel(() => api.post('/users', body))
      for (const answer of answers) expect(answer).toHaveStatus([200, 201, 409])
      const statuses = answers.map(answer => answer.status)
      expect(
        statuses.filter(status => status !== 409).length,
        'how many of 12 parallel requests succeeded',
      ).toBe(1)
    }
  },
)

check(
  'a user may keep the own email',
  {
    row: 'status-codes',
    brief: 'A user may send the own `email` again in a `PATCH`.',
    hints: ['Who has the address that you found?', 'Leave the user itself out of the search for duplicates.'],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const answer = await api.patch(`/users/${user.id}`, { email: user.email, name: 'Renamed' })
    expect(answer).toHaveStatus(200)
    expect(await read(api, `/users/${user.id}`), 'the user read back').toMatchObject({
      name: 'Renamed',
      email: user.email,
    })
  },
)

check(
  'JSON answers say that they are JSON',
  {
    row: 'status-codes',
    brief: 'JSON answers say `application/json` as their content type.',
    hints: [
      'How does a client know what it got?',
      'Content-Type: application/json, with or without a charset.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const task = await createTask(api, user.id)
    for (const path of [
      '/health',
      '/users',
      '/tasks',
      `/users/${user.id}`,
      `/users/${user.id}/tasks`,
      `/tasks/${task.id}`,
    ]) {
      const answer = await api.get(path)
      expect(answer).toHaveStatus(200)
      expect(answer.headers.get('content-type')?.split(';')[0], `content type of GET ${path}`).toBe(
        'application/json',
      )
    }
  },
)
