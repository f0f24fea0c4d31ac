import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { type OpenApiDocument, readOpenApi } from '../kit/openapi.js'
import { readPostmanCollection } from '../kit/postman.js'
import { createTask, createUser, goneTaskId, goneUserId, newUser, read, remove, routes } from './resources.js'
import { check } from './rubric.js'

// Validating a document takes longer than all requests of this row: one text is validated once.
const validated = new Map<string, Promise<OpenApiDocument>>()

async function document({ api }: CheckContext): Promise<OpenApiDocument> {
  const answer = await api.get('/openapi.json')
  expect(answer).toHaveStatus(200)
  const reading = validated.get(answer.text) ?? readOpenApi(answer.body)
  validated.set(answer.text, reading)
  return reading.catch((error: Error) =>
    expect.fail(`GET /openapi.json is no valid OpenAPI 3.1 document: ${error.message}`),
  )
}

/** `/tasks/{taskId}` and `/tasks/{id}` are one route. */
const shape = (template: string) => template.replaceAll(/\{[^}]*\}/g, '{}')

check(
  'the OpenAPI document is valid and has every route',
  {
    row: 'api-docs',
    brief: '`GET /openapi.json` gives a valid OpenAPI 3.1 document with every route of the table above',
    hints: [
      'Open the document in an OpenAPI editor: what does it say?',
      'Path parameters are written {id}, and each must be declared.',
    ],
  },
  async context => {
    const { routes: documented } = await document(context)
    const has = new Set(documented.map(({ method, template }) => `${method} ${shape(template)}`))
    const missing = routes.filter(([method, template]) => !has.has(`${method} ${shape(template)}`))
    expect(
      missing.map(route => route.join(' ')),
      'routes that the document lacks',
    ).toEqual([])
  },
)

check(
  'every answer is as the document says',
  {
    row: 'api-docs',
    brief: 'Every answer that the grader saw on a route of the table is in the document',
    hints: [
      'Which statuses can each route answer with?',
      'A shared `default` response can describe the problem document once.',
    ],
  },
  async context => {
    const { api, uncharged } = context
    const openApi = await document(context)
    await visitEveryRoute(context)
    const known = new Set(routes.map(([method, template]) => `${method} ${template}`))
    const violations = uncharged()
      .filter(({ method, path }) => known.has(`${method} ${routeOf(path)}`))
      .map(exchange => openApi.findViolation(exchange))
    expect(
      [...new Set(violations.filter(violation => violation !== undefined))].slice(0, 5),
      'differences from the document',
    ).toEqual([])
    await api.get('/health')
  },
)

/** One success and one failure of each route, for a run of this row alone. */
async function visitEveryRoute(context: CheckContext): Promise<void> {
  const { api } = context
  const user = await createUser(context, { name: 'n'.repeat(100) })
  const task = await createTask(api, user.id, { dueAt: '2027-01-01T00:00:00Z' })
  const gone = await goneUserId(context)
  await api.get('/health')
  await api.post('/users', newUser(context, { email: user.email }))
  await api.post('/users', {})
  await api.post('/tasks', {})
  await api.post('/tasks', '{')
  for (const list of ['/users', '/tasks', `/users/${user.id}/tasks`]) {
    await api.get(`${list}?limit=1`)
    await api.get(`${list}?limit=0`)
  }
  await api.get(`/users/${gone}/tasks`)
  for (const [path, field] of [
    ['/users', 'name'],
    ['/tasks', 'title'],
  ] as const) {
    const { id } = path === '/users' ? user : task
    const unknown = path === '/users' ? gone : await goneTaskId(context)
    await api.get(`${path}/${id}`)
    await api.patch(`${path}/${id}`, { [field]: 'Changed' })
    await api.patch(`${path}/${id}`, { [field]: '' })
    await api.get(`${path}/${unknown}`)
    await api.patch(`${path}/${unknown}`, {})
    await api.delete(`${path}/${unknown}`)
  }
  await remove(api, `/tasks/${task.id}`)
  await remove(api, `/users/${user.id}`)
}

/** The brief's route of a request path. */
function routeOf(path: string): string {
  const [, resource = '', id, rest] = path.split('?')[0]?.split('/') ?? []
  return `/${resource}${id === undefined ? '' : '/{id}'}${rest === undefined ? '' : `/${rest}`}`
}

check(
  'the schemas reject what is no task and no user',
  {
    row: 'api-docs',
    brief:
      'The schemas say something: they reject a task or a user in which a field is missing or has another type.',
    hints: [
      'What does your schema say about a field that is not there?',
      '`required` lists the fields; each has a type.',
    ],
  },
  async context => {
    const { api } = context
    const openApi = await document(context)
    const user = await createUser(context)
    const task = await createTask(api, user.id)
    for (const path of [`/users/${user.id}`, `/tasks/${task.id}`]) {
      const body = await read<Record<string, unknown>>(api, path)
      const route = openApi.findRoute('GET', path)
      expect(route, `the route of GET ${path} in the document`).toBeDefined()
      if (!route) continue
      expect(
        openApi.accepts(route, 200, body),
        `whether the schema of ${route.template} accepts the real answer`,
      ).toBe(true)
      for (const field of Object.keys(body)) {
        const { [field]: _, ...without } = body
        expect(
          openApi.accepts(route, 200, without),
          `whether the schema of ${route.template} accepts it without ${field}`,
        ).toBe(false)
        const changed = { ...body, [field]: field === 'priority' ? 'high' : 7 }
        expect(
          openApi.accepts(route, 200, changed),
          `whether the schema of ${route.template} accepts another type of ${field}`,
        ).toBe(false)
      }
      const list = path.startsWith('/users') ? '/users' : '/tasks'
      const listRoute = openApi.findRoute('GET', list)
      const { id: _, ...broken } = body
      const accepted = listRoute && openApi.accepts(listRoute, 200, { items: [broken], nextCursor: null })
      expect(accepted, `whether the schema of ${list} accepts an item without id`).toBe(false)
    }
  },
)

check(
  'the Postman collection has every route of the document and no other',
  {
    row: 'api-docs',
    brief:
      '`docs/postman_collection.json` is a Postman collection (format 2.1) with at least one request for every route of the table except `/openapi.json`, and none for a route that the OpenAPI document does not have.',
    hints: [
      'Export your collection from Postman as v2.1.',
      'Compare the list of requests with the list of routes.',
    ],
  },
  async context => {
    const openApi = await document(context)
    const text = await context.readDocument('docs/postman_collection.json')
    const requests = readPostmanCollection(text)
    const pathOf = (segments: readonly (string | null)[]) =>
      `/${segments.map(segment => segment ?? '{}').join('/')}`
    const collected = requests.map(({ method, segments }) => `${method} ${pathOf(segments)}`)
    const lacking = routes
      .map(([method, template]) => `${method} ${shape(template)}`)
      .filter(route => !collected.includes(route))
    expect(lacking, 'routes that the collection lacks').toEqual([])
    const documented = new Set(openApi.routes.map(({ method, template }) => `${method} ${shape(template)}`))
    const unknown = collected.filter(route => !documented.has(route) && route !== 'GET /openapi.json')
    expect(unknown, 'requests that are not in the OpenAPI document').toEqual([])
    for (const { name, rawBody } of requests) {
      if (rawBody === undefined || rawBody === '') continue
      expect(
        () => JSON.parse(rawBody.replaceAll(/\{\{[^}]*\}\}/g, 'x')),
        `the body of "${name}"`,
      ).not.toThrow()
    }
  },
)
