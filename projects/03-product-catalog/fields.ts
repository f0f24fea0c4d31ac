import { ObjectId } from 'mongodb'
import { z } from 'zod'
import { badFields } from '../shared/parsing.js'
import { Problem } from '../shared/problem-details.js'

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

interface CategoryField {
  readonly field: string
  /** Why the body may not name this category; undefined if it may. */
  readonly refuse: (category: ObjectId) => Promise<string | undefined>
}

/** Parses a body and asks about the category that it names, also beside other bad fields: a 422 names them all. */
export async function parseWithCategory<Output>(
  schema: z.ZodType<Output>,
  body: unknown,
  { field, refuse }: CategoryField,
): Promise<Output> {
  const parsed = schema.safeParse(body)
  const errors = parsed.success ? [] : badFields(parsed.error)
  const named = z.object({ [field]: id }).safeParse(body).data?.[field]
  const message = named && (await refuse(named))
  if (message) errors.push({ field, message })
  if (!parsed.success || errors.length > 0) throw new Problem(422, { errors })
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
