import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { parseQuery } from '../shared/parsing.js'
import type { Deps } from './app.js'
import { integer } from './fields.js'
import { filterParameters, matchOf } from './product-filter.js'

const query = z.object({ limit: integer(1, 10).default(3), category: filterParameters.category })

export function routeTopProducts(router: RouterInstance, { products, categories }: Deps): void {
  router.get('/products/top', async ctx => {
    const { limit, category } = parseQuery(query, ctx.query)
    const items = await products
      .aggregate([
        { $match: await matchOf({ category }, { categories }) },
        {
          $group: {
            _id: '$categoryId',
            products: {
              $topN: {
                n: limit,
                sortBy: { sold: -1, priceCents: 1 },
                output: { id: '$_id', name: '$name', priceCents: '$priceCents', sold: '$sold' },
              },
            },
          },
        },
        { $lookup: { from: 'categories', localField: '_id', foreignField: '_id', as: 'category' } },
        { $unwind: '$category' },
        {
          $project: {
            _id: 0,
            category: { id: '$_id', name: '$category.name' },
            products: 1,
          },
        },
      ])
      .toArray()
    ctx.body = { items }
  })
}
