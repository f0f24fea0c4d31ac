import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { parseQuery } from '../shared/parsing.js'
import type { Deps } from './app.js'
import { integer } from './fields.js'
import { aggregateProducts } from './product.js'

const query = z.object({ q: z.string().trim().min(1), limit: integer(1, 100).default(20) })

export function routeSearch(router: RouterInstance, { products }: Deps): void {
  router.get('/search', async ctx => {
    const { q, limit } = parseQuery(query, ctx.query)
    const items = await aggregateProducts(products, [
      { $match: { $text: { $search: wordsOf(q) } } },
      { $set: { score: { $meta: 'textScore' } } },
      { $sort: { score: -1, _id: 1 } },
      { $limit: limit },
    ])
    ctx.body = { items, nextCursor: null }
  })
}

/** To $text, "a b" is a phrase and -a leaves out what has an a: here they are words like any others. */
const wordsOf = (q: string) => q.replace(/["-]/g, ' ')
