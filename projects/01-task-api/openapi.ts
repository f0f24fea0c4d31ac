import { z } from 'zod'
import { taskChangesSchema, taskDraftSchema, taskSchema } from './task-store.js'
import { userChangesSchema, userDraftSchema, userSchema } from './user-store.js'

// `input` is the JSON side: times as text, and what has a default may be left out.
function component(schema: z.ZodType) {
  const { $schema, ...jsonSchema } = z.toJSONSchema(schema, { io: 'input' })
  return jsonSchema
}

const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
})

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: object) => ({ 'application/json': { schema } })

const listOf = (name: string) => ({
  type: 'object',
  properties: {
    items: { type: 'array', items: ref(name) },
    nextCursor: { type: ['string', 'null'] },
  },
  required: ['items', 'nextCursor'],
  additionalProperties: false,
})

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
})
const problems = {
  400: problem('Malformed JSON, or a query parameter with a bad value'),
  404: problem('Nothing has this id'),
  409: problem('Another user has this e-mail address'),
  413: problem('The body is larger than 102,400 bytes'),
  415: problem('The body is not application/json'),
  422: problem('The body has bad fields'),
  500: problem('The server failed'),
  503: problem('The database cannot be reached'),
}

type ProblemStatus = keyof typeof problems
const badBody = [400, 413, 415, 422] as const

/** What an operation answers: its success, the problems named, and those that every operation may have. */
function answers(success: object, ...statuses: ProblemStatus[]) {
  const named = [...statuses, 500, 503] as const
  return { responses: { ...success, ...Object.fromEntries(named.map(status => [status, problems[status]])) } }
}

const ok = (schema: object) => ({ 200: { description: 'OK', content: json(schema) } })
const deleted = { 204: { description: 'Deleted' } }
const created = (name: string) => ({
  201: {
    description: 'Created',
    headers: { Location: { description: 'Path of what was created', schema: { type: 'string' } } },
    content: json(ref(name)),
  },
})

const requestBody = (name: string) => ({ requestBody: { required: true, content: json(ref(name)) } })

const inQuery = (name: string, schema: object) => ({ name, in: 'query', schema })
const pageParameters = (...sortKeys: string[]) => [
  inQuery('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
  inQuery('cursor', { type: 'string' }),
  inQuery('sort', { enum: sortKeys.flatMap(key => [key, `-${key}`]), default: '-createdAt' }),
]
const taskListParameters = [
  ...pageParameters('createdAt', 'title', 'priority'),
  inQuery('status', component(taskSchema.shape.status)),
  inQuery('userId', { type: 'string' }),
]
const parameters = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }]

export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Task Management API', version: '1.0.0' },
  paths: {
    '/health': {
      get: answers(ok({ type: 'object', properties: { status: { const: 'ok' } }, required: ['status'] })),
    },
    '/openapi.json': { get: answers(ok({ type: 'object' })) },
    '/users': {
      post: { ...requestBody('UserDraft'), ...answers(created('User'), ...badBody, 409) },
      get: { parameters: pageParameters('createdAt', 'name'), ...answers(ok(listOf('User')), 400) },
    },
    '/users/{id}': {
      parameters,
      get: answers(ok(ref('User')), 404),
      patch: { ...requestBody('UserChanges'), ...answers(ok(ref('User')), ...badBody, 404, 409) },
      delete: answers(deleted, 404),
    },
    '/users/{id}/tasks': {
      parameters,
      get: { parameters: taskListParameters, ...answers(ok(listOf('Task')), 400, 404) },
    },
    '/tasks': {
      post: { ...requestBody('TaskDraft'), ...answers(created('Task'), ...badBody) },
      get: { parameters: taskListParameters, ...answers(ok(listOf('Task')), 400) },
    },
    '/tasks/{id}': {
      parameters,
      get: answers(ok(ref('Task')), 404),
      patch: { ...requestBody('TaskChanges'), ...answers(ok(ref('Task')), ...badBody, 404) },
      delete: answers(deleted, 404),
    },
  },
  components: {
    schemas: {
      User: component(userSchema),
      UserDraft: component(userDraftSchema),
      UserChanges: component(userChangesSchema),
      Task: component(taskSchema),
      TaskDraft: component(taskDraftSchema),
      TaskChanges: component(taskChangesSchema),
      Problem: component(problemSchema),
    },
  },
}
