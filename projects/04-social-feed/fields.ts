import { z } from 'zod'
import { Problem } from '../shared/problem-details.js'
import { id } from '../shared/uuid-ids.js'

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
