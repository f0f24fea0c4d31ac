import { z } from 'zod'
import { badFields } from '../shared/parsing.js'
import { violatedConstraint } from '../shared/postgres.js'
import { Problem } from '../shared/problem-details.js'
import { id } from '../shared/uuid-ids.js'
import { type Database, userExists } from './database.js'
import { text } from './fields.js'

/** What somebody writes: a post or a comment. */
const writingSchema = z.strictObject({ userId: id, text: text(500) })

const unknownAuthor = { field: 'userId', message: 'must be the id of a user' }

/** Parses a body; 422 with every bad field. An unknown author of a good body is found when it is written. */
export async function parseWriting(db: Database, body: unknown): Promise<z.output<typeof writingSchema>> {
  const parsed = writingSchema.safeParse(body)
  if (parsed.success) return parsed.data
  const errors = badFields(parsed.error)
  const author = z.object({ userId: id }).safeParse(body)
  if (author.success && !(await userExists(db, author.data.userId))) errors.push(unknownAuthor)
  throw new Problem(422, { errors })
}

/** For `catch`: a 422 if there is no such author. */
export function authorMissing(error: unknown): never {
  if (!violatedConstraint(error)?.endsWith('_user_id_fkey')) throw error
  throw new Problem(422, { errors: [unknownAuthor] })
}
