import type { z } from 'zod'
import { type BadField, Problem } from './problem-details.js'

/** The body as the schema says; 422 that names every bad field. */
export function parseBody<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new Problem(422, { errors: badFields(parsed.error) })
  return parsed.data
}

/** The query as the schema says; 400 that names every bad parameter. */
export function parseQuery<Output>(schema: z.ZodType<Output>, query: unknown): Output {
  const parsed = schema.safeParse(query)
  if (!parsed.success) throw new Problem(400, { errors: badFields(parsed.error) })
  return parsed.data
}

/** What a client must mend, field by field. */
export function badFields(error: z.ZodError): BadField[] {
  return error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(field => ({ field, message: 'is not a field that a client writes' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  )
}
