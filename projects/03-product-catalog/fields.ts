import { ObjectId } from 'mongodb'
import { z } from 'zod'
import { type BadField, Problem } from '../shared/problem-details.js'

/** An id in JSON and an ObjectId in the code. Ids are opaque to clients: any other text names nothing. */
export const id = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'must be an id')
  .transform(hex => new ObjectId(hex))

/** The id in the path; 404 if it has another form. */
export function pathId({ params }: { params: Record<string, string> }): ObjectId {
  const parsed = id.safeParse(params.id)
  if (!parsed.success) throw new Problem(404)
  return parsed.data
}

/** Text of `min` to `max` characters: code points, for half of a surrogate pair is no text. */
export const text = (min: number, max: number) =>
  z
    .string()
    .regex(new RegExp(`^[^\\p{Surrogate}]{${min},${max}}$`, 'u'), `must have ${min} to ${max} characters`)

/** An integer in a query string. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be an integer from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min).max(max))

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

export function badFields(error: z.ZodError): BadField[] {
  return error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(field => ({ field, message: 'is not a field that a client writes' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  )
}
