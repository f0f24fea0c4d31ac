import { expect } from 'vitest'
import type { Answer } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'
import { fillIn, readHttpFile } from '../kit/http-file.js'
import { cookiesOf } from './cookies.js'
import { newUser } from './resources.js'
import { check } from './rubric.js'

interface Step {
  /** Such as `POST /auth/login`. */
  readonly route: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly answer: Answer
}

/** Runs a request file from top to bottom, and expects the statuses that it says. */
async function run(context: CheckContext, file: string): Promise<readonly Step[]> {
  const { api, readDocument } = context
  const { variables, requests } = readHttpFile(await readDocument(file))
  for (const name of ['baseUrl', 'email', 'password']) {
    expect([...variables.keys()], `variables of ${file}`).toContain(name)
  }
  const { email, password } = newUser(context)
  const own: Readonly<Record<string, string>> = { baseUrl: 'http://app', email, password }
  const answers = new Map<string, Answer>()
  const cookies = new Map<string, string>()

  const lookUp = (name: string): string | undefined => {
    const [, request = '', field = ''] = /^([\w-]+)\.response\.body\.(?:\$\.)?([\w-]+)$/.exec(name) ?? []
    const captured = Object(answers.get(request)?.body)[field] as unknown
    const variable = own[name] ?? variables.get(name)
    return request === ''
      ? variable && fillIn(variable, lookUp)
      : captured === undefined
        ? undefined
        : `${captured}`
  }

  const steps: Step[] = []
  for (const { name, comments, method, url, headers: written, body } of requests) {
    const target = new URL(fillIn(url, lookUp))
    expect(target.origin, `origin of ${method} ${url}`).toBe('http://app')
    const headers: Record<string, string> = {}
    if (cookies.size > 0) headers.cookie = [...cookies].map(pair => pair.join('=')).join('; ')
    for (const [header, value] of written) headers[header.toLowerCase()] = fillIn(value, lookUp)
    const path = target.pathname + target.search
    const sent = body === undefined ? undefined : fillIn(body, lookUp)
    const answer = await api.send({ method, path, headers, ...(sent !== undefined && { body: sent }) })
    const expected = comments.map(comment => /^expect (\d{3})$/.exec(comment)?.[1]).find(Boolean)
    expect(expected, `the comment "# expect …" before ${method} ${url}`).toBeDefined()
    expect(answer).toHaveStatus(Number(expected))
    for (const { name: cookie, value, attributes } of cookiesOf(answer)) {
      const expires = Date.parse(attributes.get('expires') ?? '')
      if (value === '' || attributes.get('max-age') === '0' || expires < Date.now()) cookies.delete(cookie)
      else cookies.set(cookie, value)
    }
    if (name !== undefined) answers.set(name, answer)
    steps.push({ route: `${method} ${target.pathname}`, headers, body: sent ?? '', answer })
  }
  return steps
}

/** Where each of `wanted` is done well in the steps, one after the other; the index of the last. */
function expectSteps(
  steps: readonly Step[],
  wanted: readonly (readonly [what: string, is: (step: Step) => boolean])[],
): void {
  let from = 0
  for (const [what, is] of wanted) {
    const at = steps.findIndex((step, n) => n >= from && is(step))
    expect(at, `index of the request that ${what}`).toBeGreaterThanOrEqual(from)
    from = at + 1
  }
}

const went = (step: Step, route: string, status: number) =>
  step.route === route && step.answer.status === status

check(
  'the requests for tokens run',
  {
    row: 'strategies',
    brief:
      '`docs/requests/jwt.http` registers, logs in, reads `/me` with the access token, refreshes, logs out, and shows with a 401 that the refresh token is then worth nothing.',
    hints: [
      'Run the file in your editor, from top to bottom.',
      '{{login.response.body.accessToken}} is what `login` gave.',
    ],
  },
  async context => {
    const steps = await run(context, 'docs/requests/jwt.http')
    const { refreshToken } = Object(
      steps.filter(step => went(step, 'POST /auth/refresh', 200)).at(-1)?.answer.body,
    ) as { refreshToken?: string }
    expectSteps(steps, [
      ['registers', step => went(step, 'POST /auth/register', 201)],
      ['logs in', step => went(step, 'POST /auth/login', 200)],
      [
        'reads /me with the access token',
        step => went(step, 'GET /me', 200) && /^bearer /i.test(step.headers.authorization ?? ''),
      ],
      ['refreshes', step => went(step, 'POST /auth/refresh', 200)],
      ['logs out', step => went(step, 'POST /auth/logout', 204)],
      [
        'shows that the refresh token is worth nothing',
        step => went(step, 'POST /auth/refresh', 401) && step.body.includes(`"${refreshToken}"`),
      ],
    ])
  },
)

check(
  'the requests for sessions run',
  {
    row: 'strategies',
    brief:
      '`docs/requests/session.http` registers, logs in at `/session`, reads `/me` with the cookie and without `Authorization`, logs out, and shows with a 401 on `/me` that the session is over.',
    hints: ['Run the file in your editor, from top to bottom.', 'The cookie is sent back by itself.'],
  },
  async context => {
    const steps = await run(context, 'docs/requests/session.http')
    expectSteps(steps, [
      ['registers', step => went(step, 'POST /auth/register', 201)],
      ['logs in', step => went(step, 'POST /session', 200)],
      [
        'reads /me with the cookie',
        step => went(step, 'GET /me', 200) && step.headers.authorization === undefined,
      ],
      ['logs out', step => went(step, 'DELETE /session', 204)],
      ['shows that the session is over', step => went(step, 'GET /me', 401)],
    ])
  },
)
