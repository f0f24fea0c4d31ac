import { z } from 'zod'
import { Problem } from './problem-details.js'

/** Ids are opaque to clients: an id in any other form names nothing. */
export const id = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be an id')

/** The id in the path; 404 if it has another form, for the database would not accept every text. */
export function pathId({ params }: { params: Record<string, string> }): string {
  const parsed = id.safeParse(params.id)
  if (!parsed.success) throw new Problem(404)
  return parsed.data
}
