import type { RouterInstance } from '@koa/router'
import type { Document } from 'mongodb'
import { z } from 'zod'
import { parseQuery } from '../shared/parsing.js'
import type { Deps } from './app.js'
import { facetsGeneration } from './cache-keys.js'
import type { CachedReads } from './cached-reads.js'
import { filterParameters, matchOf } from './product-filter.js'

const query = z.object(filterParameters)

const PRICE_BOUNDS = [0, 1_000, 5_000, 10_000, 50_000, Number.MAX_SAFE_INTEGER]

interface Facets {
  readonly total: readonly [] | readonly [{ readonly count: number }]
  readonly brands: readonly Document[]
  readonly categories: readonly Document[]
  readonly prices: readonly { readonly fromCents: number; readonly count: number }[]
}

/** All facets of the products that match, counted in one pass. */
const facetStages = (match: Document): Document[] => [
  { $match: match },
  {
    $facet: {
      total: [{ $count: 'count' }],
      brands: [{ $sortByCount: '$brand' }, { $project: { _id: 0, brand: '$_id', count: 1 } }],
      categories: [
        { $sortByCount: '$categoryId' },
        { $lookup: { from: 'categories', localField: '_id', foreignField: '_id', as: 'category' } },
        { $unwind: '$category' },
        { $project: { _id: 0, id: '$_id', name: '$category.name', count: 1 } },
      ],
      prices: [
        { $bucket: { groupBy: '$priceCents', boundaries: PRICE_BOUNDS, output: { count: { $sum: 1 } } } },
        { $sort: { _id: 1 } },
        { $project: { _id: 0, fromCents: '$_id', count: 1 } },
      ],
    },
  },
]

export function routeFacets(
  router: RouterInstance,
  { products, categories, cache, reads }: Deps & { readonly reads: CachedReads },
): void {
  router.get('/products/facets', async ctx => {
    const filter = parseQuery(query, ctx.query)
    await reads.answer(ctx, 'facets', {
      keyOf: async () => `facets:${await cache.generation(facetsGeneration)}:${JSON.stringify(filter)}`,
      async load() {
        const match = await matchOf(filter, { categories })
        const [facets] = await products.aggregate<Facets>(facetStages(match)).toArray()
        return facets && JSON.stringify(toAnswer(facets))
      },
    })
  })
}

function toAnswer({ total, brands, categories, prices }: Facets) {
  return {
    total: total[0]?.count ?? 0,
    brands,
    categories,
    prices: prices.map(({ fromCents, count }) => {
      const next = PRICE_BOUNDS[PRICE_BOUNDS.indexOf(fromCents) + 1]
      return { fromCents, toCents: next === PRICE_BOUNDS.at(-1) ? null : next, count }
    }),
  }
}
