import type { Document, ObjectId } from 'mongodb'
import { z } from 'zod'
import { Problem } from '../shared/problem-details.js'
import { id, integer } from './fields.js'

const sorts = ['createdAt', '-createdAt', 'priceCents', '-priceCents'] as const
type Key = 'createdAt' | 'priceCents'

/** Where a page ended: the order, and the last item's place in it. */
const position = z.union([
  z.tuple([z.enum(['createdAt', '-createdAt']), z.iso.datetime().pipe(z.coerce.date()), id]),
  z.tuple([z.enum(['priceCents', '-priceCents']), z.int(), id]),
])

export const pageParameters = {
  limit: integer(1, 100).default(20),
  sort: z.enum(sorts).default('-createdAt'),
  cursor: z.string().transform(readCursor).pipe(position).optional(),
}

type Page = z.output<z.ZodObject<typeof pageParameters>>

/** Stages that give one item more than the page has, which tells whether another page follows. */
export function pageStages({ limit, sort, cursor }: Page): Document[] {
  if (cursor && cursor[0] !== sort) {
    throw new Problem(400, { errors: [{ field: 'cursor', message: 'belongs to another sort' }] })
  }
  const key = keyOf(sort)
  const direction = sort.startsWith('-') ? -1 : 1
  const stages: Document[] = [{ $sort: { [key]: direction, _id: direction } }, { $limit: limit + 1 }]
  if (!cursor) return stages
  const [, value, last] = cursor
  const beyond = direction === 1 ? '$gt' : '$lt'
  const after = { $or: [{ [key]: { [beyond]: value } }, { [key]: value, _id: { [beyond]: last } }] }
  return [{ $match: after }, ...stages]
}

/** The list that a client gets of what `pageStages` found. */
export function toPage<Item extends Record<Key, unknown> & { readonly id: ObjectId }>(
  { limit, sort }: Page,
  found: readonly Item[],
) {
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last ? writeCursor([sort, last[keyOf(sort)], last.id]) : null }
}

const keyOf = (sort: Page['sort']) => sort.replace('-', '') as Key

const writeCursor = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url')

function readCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
