import { z } from 'zod'
import { type BadField, Problem } from '../shared/problem-details.js'

/** Ids are opaque to clients: an id in any other form names nothing. */
export const id = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be an id')

/** The id in the path; 404 if it has another form, for the database would not accept every text. */
export function pathId({ params }: { params: Record<string, string> }): string {
  const parsed = id.safeParse(params.id)
  if (!parsed.success) throw new Problem(404)
  return parsed.data
}

/** Text of 1 to `max` characters: code points, without what Postgres does not store. */
export const text = (max: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[^\\0\\p{Surrogate}]{1,${max}}$`, 'u'),
      `must have 1 to ${max} characters, none of them U+0000`,
    )

export function parseBody<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new Problem(422, { errors: badFields(parsed.error) })
  return parsed.data
}

export function parseQuery<Output>(schema: z.ZodType<Output>, query: unknown): Output {
  const parsed = schema.safeParse(query)
  if (!parsed.success) throw new Problem(400, { errors: badFields(parsed.error) })
  return parsed.data
}

function badFields(error: z.ZodError): BadField[] {
  return error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(field => ({ field, message: 'is not a field that a client writes' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  )
}
