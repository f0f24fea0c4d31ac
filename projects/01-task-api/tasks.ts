import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { badFields, parseQuery } from '../shared/parsing.js'
import { violatedConstraint } from '../shared/postgres.js'
import { found, Problem } from '../shared/problem-details.js'
import { id, pathId } from '../shared/uuid-ids.js'
import type { Stores } from './app.js'
import { line } from './fields.js'
import { paging } from './paging.js'
import { taskChangesSchema, taskDraftSchema, taskSchema } from './task-store.js'

const { status, priority } = taskSchema.shape
const pages = paging('tasks', { createdAt: z.iso.datetime(), title: line(200), priority })

// Stands for every text that is no id: it goes to the database, which must find nothing.
const NOBODY = '00000000-0000-0000-0000-000000000000'
const listQuery = z.object({
  ...pages.parameters,
  status: status.optional(),
  userId: id.optional().catch(NOBODY),
})

const unknownOwner = { field: 'userId', message: 'must be the id of a user' }

export function routeTasks(router: RouterInstance, { tasks, users }: Stores): void {
  router.post('/tasks', jsonBody, async ctx => {
    const task = await tasks.create(await parseTask(taskDraftSchema, ctx.request.body)).catch(ownerGone)
    ctx.status = 201
    ctx.set('Location', `/tasks/${task.id}`)
    ctx.body = task
  })

  router.get('/tasks', async ctx => {
    const query = parseQuery(listQuery, ctx.query)
    ctx.body = await pages.answer(query, page => tasks.list(query, page))
  })

  router.get('/users/:id/tasks', async ctx => {
    const { status, userId, ...query } = parseQuery(listQuery, ctx.query)
    const owner = found(await users.find(pathId(ctx))).id
    const filter = { status, userId: userId === undefined || userId === owner ? owner : NOBODY }
    ctx.body = await pages.answer(query, page => tasks.list(filter, page))
  })

  router.get('/tasks/:id', async ctx => {
    ctx.body = found(await tasks.find(pathId(ctx)))
  })

  router.patch('/tasks/:id', jsonBody, async ctx => {
    const changes = await parseTask(taskChangesSchema, ctx.request.body)
    ctx.body = found(await tasks.update(pathId(ctx), changes).catch(ownerGone))
  })

  router.delete('/tasks/:id', async ctx => {
    found(await tasks.delete(pathId(ctx)))
    ctx.status = 204
  })

  // The foreign key finds an unknown owner when the task is written. Only a body that is rejected for other
  // fields never gets that far: ask here, for the answer has to name every bad field.
  async function parseTask<Output>(schema: z.ZodType<Output>, body: unknown): Promise<Output> {
    const parsed = schema.safeParse(body)
    if (parsed.success) return parsed.data
    const errors = badFields(parsed.error)
    const owner = z.object({ userId: id }).safeParse(body)
    if (owner.success && !(await users.find(owner.data.userId))) errors.push(unknownOwner)
    throw new Problem(422, { errors })
  }
}

function ownerGone(error: unknown): never {
  if (violatedConstraint(error) !== 'tasks_user_id_fkey') throw error
  throw new Problem(422, { errors: [unknownOwner] })
}
