import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { parseBody } from '../shared/parsing.js'
import { found, Problem } from '../shared/problem-details.js'
import type { Deps } from './app.js'
import { productKey } from './cache-keys.js'
import { pathId } from './fields.js'
import { findProduct } from './product.js'

const purchaseSchema = z.strictObject({ quantity: z.int().min(1).max(1000) })

export function routePurchases(router: RouterInstance, { products, cache }: Deps): void {
  router.post('/products/:id/purchases', jsonBody, async ctx => {
    const { quantity } = parseBody(purchaseSchema, ctx.request.body)
    const _id = pathId(ctx)
    // MongoDB checks and takes in one step: of two purchases of the last piece only one finds it.
    const { matchedCount } = await products
      .updateOne(
        { _id, stock: { $gte: quantity } },
        { $inc: { stock: -quantity, sold: quantity }, $set: { updatedAt: new Date() } },
      )
      .finally(() => cache.drop(productKey(_id)))
    const product = found(await findProduct(products, _id))
    if (matchedCount === 0) throw new Problem(409, { detail: `Only ${product.stock} are in stock.` })
    ctx.body = product
  })
}
