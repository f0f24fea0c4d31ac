import { expect } from 'vitest'
import type { Answer } from '../kit/api.js'
import { createTask, createUser, goneTaskId, goneUserId, newUser } from './resources.js'
import { check } from './rubric.js'

const anyError = Array.from({ length: 200 }, (_, n) => 400 + n)

/** Whether this is refused at all is another row's business; if it is, it is a problem. */
function expectProblemIfRefused(answer: Answer, status: number): void {
  if (answer.status >= 400) expect(answer).toBeProblem(status)
}

check(
  'a body that is not JSON is a 400 problem',
  {
    row: 'errors',
    brief: '400: the body is not JSON. JSON that is not an object is 400 or 422.',
    hints: [
      'Who throws when the body cannot be parsed, and who catches that?',
      'The error handler must be outside the body parser.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id)
    for (const body of ['{"title": ', 'title=Paint', '{]']) {
      expect(await api.post('/tasks', body)).toBeProblem(400)
      expect(await api.post('/users', body)).toBeProblem(400)
      expect(await api.patch(`/tasks/${id}`, body)).toBeProblem(400)
    }
    for (const body of ['[]', '"Paint"', '7', 'null']) {
      expect(await api.post('/tasks', body)).toBeProblem([400, 422])
    }
  },
)

check(
  'unknown paths and ids are 404 problems',
  {
    row: 'errors',
    brief: '404: a path that no route has, or an id that nothing has.',
    hints: [
      'What answers when no route matches?',
      "Your framework's own 404 has another shape: make it yours.",
    ],
  },
  async context => {
    const { api } = context
    const [id, taskId] = [await goneUserId(context), await goneTaskId(context)]
    for (const path of ['/nothing', '/tasks/1/2/3', `/users/${id}`, `/tasks/${taskId}`]) {
      expect(await api.get(path)).toBeProblem(404)
    }
    expect(await api.patch(`/users/${id}`, { name: 'Nobody' })).toBeProblem(404)
    expectProblemIfRefused(await api.get(`/users/${id}/tasks`), 404)
    expectProblemIfRefused(await api.delete(`/tasks/${taskId}`), 404)
  },
)

check(
  'no id makes the server fail',
  {
    row: 'errors',
    brief: 'Any text may arrive as an id, percent-encoded oddities and U+0000 included',
    hints: [
      'What does the database say to an id of another type, or to a NUL character?',
      'An id that cannot exist is one that nothing has: decide that before you ask the database.',
    ],
  },
  async ({ api }) => {
    const odd = [
      '0',
      '-1',
      '1.5',
      'null',
      'a'.repeat(300),
      '99999999999999999999999999',
      '%20',
      '%27',
      '%F0%9F%98%80',
      '..%2f..%2fetc',
    ]
    for (const id of [...odd, '%00', 'a%00b', '00000000-0000-0000-0000-000000000000']) {
      expect(await api.get(`/tasks/${id}`)).toBeProblem(404)
      expect(await api.patch(`/users/${id}`, { name: 'Ada' })).toBeProblem(404)
      expectProblemIfRefused(await api.get(`/users/${id}/tasks`), 404)
      expectProblemIfRefused(await api.delete(`/users/${id}`), 404)
    }
    for (const id of ['%E0%A4%A', '%', '%zz', '%FF']) {
      expect(await api.get(`/tasks/${id}`)).toBeProblem([400, 404])
      expect(await api.delete(`/users/${id}`)).toBeProblem([400, 404])
    }
  },
)

check(
  'wrong methods, conflicts and bad fields have the same shape',
  {
    row: 'errors',
    brief: 'Every answer from 400 up is a problem document (RFC 9457)',
    hints: [
      'Is there one place that turns every error into an answer?',
      'Throw errors that carry a status; one middleware, the first, writes the document.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    expect(await api.send({ method: 'PUT', path: '/tasks' })).toBeProblem(anyError)
    expect(await api.delete('/users')).toBeProblem(anyError)
    expect(await api.post('/users', newUser(context, { email: user.email }))).toBeProblem(anyError)
    const invalid = await api.post('/tasks', { title: '' })
    expect(invalid).toBeProblem(422)
    const { errors } = Object(invalid.body) as { errors: readonly { message: unknown }[] }
    expect(new Set(errors?.map(error => typeof error.message)), 'types of the `message`s').toEqual(
      new Set(['string']),
    )
    expect(await api.get('/tasks?limit=0')).toBeProblem(400)
  },
)

check(
  'a body of more than 102,400 bytes is a 413 problem',
  {
    row: 'errors',
    brief: '413: a body of more than 102,400 bytes.',
    hints: [
      'How much would your server read if a client never stopped?',
      'Body parsers take a limit: set it, and answer its error.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const body = JSON.stringify({ title: 'Paint', userId: user.id, description: 'x'.repeat(103_000) })
    expect(await api.post('/tasks', body)).toBeProblem(413)
    const fits = JSON.stringify({ title: 'Paint', userId: user.id, description: 'x'.repeat(60_000) })
    expect(await api.post('/tasks', fits)).toBeProblem(422)
  },
)

check(
  'a body that does not say that it is JSON is a 415 problem',
  {
    row: 'errors',
    brief: '415: a body of a `POST` or `PATCH` that does not say `Content-Type: application/json`',
    hints: [
      'What does your body parser do with a type that it does not know?',
      'Check the content type before the body is read; parameters such as charset are fine.',
    ],
  },
  async context => {
    const { api } = context
    const user = await createUser(context)
    const { id } = await createTask(api, user.id)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const headers = { 'content-type': type }
      expect(await api.post('/tasks', '{"title":"Paint"}', { headers })).toBeProblem(415)
      expect(await api.patch(`/tasks/${id}`, '{"title":"Paint"}', { headers })).toBeProblem(415)
    }
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    expect(await api.patch(`/tasks/${id}`, '{"title":"Paint"}', { headers })).toHaveStatus(200)
  },
)

check(
  'without its database the server answers 500 or 503, and recovers by itself',
  {
    row: 'errors',
    brief:
      '500 or 503: the database cannot be reached. Within 5 seconds the client gets this answer, and when the database is back, the server works again by itself within 5 seconds, without having been restarted.',
    hints: [
      'What does your process do when an idle connection breaks?',
      'A connection pool emits errors of its own: handle them, and let it open new connections.',
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const user = await createUser(context)
    expect(await api.get(`/users/${user.id}`)).toHaveStatus(200)
    await faults.postgres.down()
    expect(await api.get(`/users/${user.id}`)).toBeProblem([500, 503])
    expect(await api.post('/users', newUser(context))).toBeProblem([500, 503])
    expect(await api.post('/tasks', { title: 'Paint', userId: user.id })).toBeProblem([500, 503])
    await faults.postgres.heal()
    await eventually(async () => expect(await api.get(`/users/${user.id}`)).toHaveStatus(200), {
      withinMs: 5_000,
    })
  },
)

check(
  'no error tells what the server is made of',
  {
    row: 'errors',
    brief:
      "No error answer contains a stack trace, SQL, a file name of the server or the database's address.",
    hints: [
      'Read the answers of the errors above: who are they for?',
      'Log the error; answer with words of your own.',
    ],
  },
  async context => {
    const { api, faults } = context
    const user = await createUser(context)
    const answers: Answer[] = [
      await api.post('/tasks', '{"title": '),
      await api.get('/tasks/%00'),
      await api.get('/tasks/%E0%A4%A'),
      await api.post('/users', newUser(context, { email: user.email })),
      await api.post('/tasks', { title: 'Paint', userId: await goneUserId(context) }),
    ]
    await faults.postgres.down()
    answers.push(
      await api.get('/tasks'),
      await api.post('/users', newUser(context)),
      await api.delete(`/users/${user.id}`),
    )
    await faults.postgres.heal()
    for (const answer of answers) {
      expect(answer).toHaveStatus(anyError)
      for (const [what, pattern] of leaks) {
        expect(
          pattern.exec(answer.text)?.[0],
          `${what} in the answer to ${answer.exchange.method} ${answer.exchange.path}`,
        ).toBeUndefined()
      }
    }
    await context.eventually(async () => expect(await api.get('/tasks')).toHaveStatus(200), {
      withinMs: 5_000,
    })
  },
)

const leaks = [
  ['a stack trace', /\n\s*at .+:\d+|\\n\s*at .+:\d+|Traceback|goroutine \d+|panic:/],
  ['a file name', /[\w-]+\.(?:[cm]?[jt]sx?|py|go|rs|java|rb|php)\b|node_modules/],
  ['SQL', /\b(?:select|insert into|update|delete from)\b.+\b(?:from|values|set|where)\b/i],
  ['the address of the database', /127\.0\.0\.1|localhost|ECONNREFUSED|postgres(?:ql)?:\/\//],
] as const
