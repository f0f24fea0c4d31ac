import { createHash } from 'node:crypto'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { parseQuery } from '../shared/parsing.js'
import { Problem } from '../shared/problem-details.js'

/** A part of a list, newest first: at most `limit` items after the position `after`. */
export interface Page {
  readonly after: string | undefined
  readonly limit: number
}

interface Dated {
  readonly createdAt: string
  readonly id: string
}

/** Where an item stands. As texts, positions sort like their items by (createdAt, id). */
export function positionOf({ createdAt, id }: Dated): string {
  return `${createdAt} ${id}`
}

/** Compares (created_at, id) as one row: items of the same time neither repeat nor go missing. */
export function isAfter(table: 'posts' | 'comments', { after }: Page): RawBuilder<SqlBool> {
  if (after === undefined) return sql`true`
  const [createdAt, id] = after.split(' ')
  return sql`(${sql.ref(`${table}.createdAt`)}, ${sql.ref(`${table}.id`)}) < (${createdAt}, ${id})`
}

const pageQuery = z.object({
  limit: z
    .string()
    .regex(/^([1-9]|[1-4]\d|50)$/, 'must be an integer from 1 to 50')
    .transform(Number)
    .default(20),
  cursor: z.string().optional(),
})

interface PageOptions<Item> {
  /** Names the list: a cursor of another one is refused. */
  readonly list: string
  readonly load: (page: Page) => Promise<readonly Item[]>
  readonly position: (item: Item) => string
}

/** Which page of a list a request's query asks for. */
export function parsePage(list: string, query: unknown): Page {
  const { limit, cursor } = parseQuery(pageQuery, query)
  return { after: cursor === undefined ? undefined : readCursor(list, cursor), limit }
}

/** The page that a request's query asks for, and the cursor of the next one. */
export async function loadPage<Item>(query: unknown, { list, load, position }: PageOptions<Item>) {
  const { after, limit } = parsePage(list, query)
  // One more tells whether another page follows.
  const found = await load({ after, limit: limit + 1 })
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? null : writeCursor(list, position(last)) }
}

/** The cursor for what follows a position in a list. */
export function writeCursor(list: string, position: string): string {
  // No secret: it tells a cursor that was cut, changed or made for another list from ours.
  const digest = createHash('sha256').update(`${list} ${position}`).digest('hex').slice(0, 8)
  return Buffer.from(digest + position).toString('base64url')
}

function readCursor(list: string, cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString().slice(8)
  if (writeCursor(list, position) !== cursor) {
    throw new Problem(400, { errors: [{ field: 'cursor', message: 'is not a cursor of this list' }] })
  }
  return position
}
