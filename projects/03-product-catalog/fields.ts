import { ObjectId } from 'mongodb'
import { z } from 'zod'
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
