import { createHash } from 'node:crypto'
import { z } from 'zod'
import { Problem } from '../shared/problem-details.js'
import { id } from '../shared/uuid-ids.js'

/** What a store is asked for: the items after a position, in the order of (`sortBy`, id). */
export interface Page<Key extends string> {
  readonly sortBy: Key
  readonly direction: 'asc' | 'desc'
  readonly after: { readonly key: string | number; readonly id: string } | undefined
  readonly limit: number
}

interface PageQuery<Key extends string> {
  readonly sort: Key | `-${Key}`
  readonly limit: number
  readonly cursor?: readonly [sort: string, key: string | number, id: string] | undefined
}

/** The pages of one list: its query parameters, sorted by `keys` (as in JSON), and the answer. */
export function paging<Key extends string>(
  list: string,
  keys: Record<Key | 'createdAt', z.ZodType<string | number>>,
) {
  type Sort = Key | 'createdAt' | `-${Key | 'createdAt'}`
  const sortBy = (sort: Sort) => sort.replace('-', '') as Key | 'createdAt'
  const sorts = Object.keys(keys).flatMap(key => [key, `-${key}`]) as Sort[]
  const positions = sorts.map(sort => z.tuple([z.literal(sort), keys[sortBy(sort)], id]))

  return {
    parameters: {
      limit: z
        .string()
        .regex(/^([1-9]\d?|100)$/, 'must be an integer from 1 to 100')
        .transform(Number)
        .default(20),
      sort: z.string().default('-createdAt').pipe(z.enum(sorts)),
      cursor: z
        .string()
        .transform(cursor => readCursor(list, cursor))
        .pipe(z.union(positions, 'is not a cursor of this list'))
        .optional(),
    },

    async answer<Item extends Record<Key | 'createdAt' | 'id', unknown>>(
      { sort, limit, cursor }: PageQuery<Key | 'createdAt'>,
      load: (page: Page<Key | 'createdAt'>) => Promise<Item[]>,
    ) {
      if (cursor && cursor[0] !== sort) {
        throw new Problem(400, { errors: [{ field: 'cursor', message: 'belongs to another sort' }] })
      }
      // One item more tells whether another page follows.
      const found = await load({
        sortBy: sortBy(sort),
        direction: sort.startsWith('-') ? 'desc' : 'asc',
        after: cursor && { key: cursor[1], id: cursor[2] },
        limit: limit + 1,
      })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items, nextCursor: last ? writeCursor(list, [sort, last[sortBy(sort)], last.id]) : null }
    },
  }
}

// The digest is no secret: it tells a cursor that was cut, changed or made for another list from ours.
function writeCursor(list: string, position: unknown): string {
  const json = JSON.stringify(position)
  const digest = createHash('sha256').update(`${list} ${json}`).digest('hex').slice(0, 8)
  return Buffer.from(digest + json).toString('base64url')
}

function readCursor(list: string, cursor: string): unknown {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString().slice(8))
    return writeCursor(list, position) === cursor ? position : undefined
  } catch {
    return undefined
  }
}
