import type { Document } from 'mongodb'
import { z } from 'zod'
import { subtree } from './category-tree.js'
import type { Database } from './database.js'
import { id, integer } from './fields.js'

const MAX_PRICE_CENTS = 100_000_000

export const filterParameters = {
  // A text that is no id names no category, like an id that none has.
  category: z.union([id, z.string().transform(() => null)]).optional(),
  brand: z.string().optional(),
  minPriceCents: integer(0, MAX_PRICE_CENTS).optional(),
  maxPriceCents: integer(0, MAX_PRICE_CENTS).optional(),
}

type ProductFilter = z.output<z.ZodObject<typeof filterParameters>>

/** The filter as a condition of `$match`. */
export async function matchOf(
  { category, brand, minPriceCents, maxPriceCents }: ProductFilter,
  { categories }: Pick<Database, 'categories'>,
): Promise<Document> {
  const match: Document = {}
  if (category !== undefined) match.categoryId = { $in: category ? await subtree(categories, category) : [] }
  if (brand !== undefined) match.brand = brand
  if (minPriceCents !== undefined || maxPriceCents !== undefined) {
    match.priceCents = {
      ...(minPriceCents !== undefined && { $gte: minPriceCents }),
      ...(maxPriceCents !== undefined && { $lte: maxPriceCents }),
    }
  }
  return match
}
