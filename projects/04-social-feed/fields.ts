import { z } from 'zod'
import { type BadField, Problem } from '../shared/problem-details.js'

/** Ids are opaque to clients: an id in any other form names nothing. */
export const id = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be an id')

/** The ids in the path; 404 if one has another form, for the database would not accept every text. */
export function pathIds<Name extends string>(
  { params }: { params: Record<string, string> },
  ...names: Name[]
): Record<Name, string> {
  const ids = names.map(name => {
    const parsed = id.safeParse(params[name])
    if (!parsed.success) throw new Problem(404)
    return [name, parsed.data]
  })
  return Object.fromEntries(ids)
}

/** Text of 1 to `max` characters, not all of them spaces: code points, without what Postgres cannot store. */
export const text = (max: number) =>
  z
    .string()
    .regex(/\S/, 'must not be empty')
    .regex(
      new RegExp(`^[^\\0\\p{Surrogate}]{0,${max}}$`, 'u'),
      `must have at most ${max} characters, none of them U+0000`,
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

export function badFields(error: z.ZodError): BadField[] {
  return error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(field => ({ field, message: 'is not a field that a client writes' }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  )
}
