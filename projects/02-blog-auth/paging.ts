import { z } from 'zod'
import { id } from '../shared/uuid-ids.js'

/** What a list is asked for. Ids are in the order of creation, so the last one seen is the whole cursor. */
export interface Page {
  readonly after: string | undefined
  readonly limit: number
}

export const pageQuery = {
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/, 'must be an integer from 1 to 100')
    .transform(Number)
    .default(20),
  cursor: id.optional(),
}

interface PageQuery {
  readonly limit: number
  readonly cursor?: string | undefined
}

export async function paged<Item extends { readonly id: string }>(
  { limit, cursor }: PageQuery,
  load: (page: Page) => Promise<readonly Item[]>,
) {
  // One item more tells whether another page follows.
  const found = await load({ after: cursor, limit: limit + 1 })
  const items = found.slice(0, limit)
  return { items, nextCursor: found.length > limit ? items.at(-1)?.id : null }
}
