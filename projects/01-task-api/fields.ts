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

/** Text of at most `max` characters: code points, as Postgres and JSON Schema count them. */
export const text = (max: number) => z.string().regex(...characters(0, max))

/** Text of 1 to `max` characters after the spaces around it were cut off. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .regex(...characters(1, max))

/** A time in JSON and a Date in the code. */
export const time = z.codec(z.iso.datetime({ offset: true }), z.date(), {
  decode(value, ctx) {
    const date = new Date(value)
    const year = date.getUTCFullYear()
    if (year < 1 || year > 9999) {
      ctx.issues.push({ code: 'custom', input: value, message: 'must be in the years 1 to 9999 in UTC' })
    }
    return date
  },
  encode: date => date.toISOString(),
})

// Postgres stores neither U+0000 nor half of a surrogate pair.
function characters(min: number, max: number): [RegExp, string] {
  return [
    new RegExp(`^[^\\0\\p{Surrogate}]{${min},${max}}$`, 'u'),
    `must have ${min} to ${max} characters, none of them U+0000`,
  ]
}

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
