import type { RouterInstance } from '@koa/router'
import { ObjectId } from 'mongodb'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { isDuplicateKey } from '../shared/mongodb.js'
import { parseQuery } from '../shared/parsing.js'
import { found, Problem } from '../shared/problem-details.js'
import type { Deps } from './app.js'
import { facetsGeneration, productKey } from './cache-keys.js'
import type { CachedReads } from './cached-reads.js'
import { parseWithCategory, pathId } from './fields.js'
import { pageParameters, pageStages, toPage } from './paging.js'
import { aggregateProducts, findProduct, productChangesSchema, productDraftSchema } from './product.js'
import { filterParameters, matchOf } from './product-filter.js'

const listQuery = z.object({ ...pageParameters, ...filterParameters })

interface ProductDeps extends Deps {
  readonly reads: CachedReads
}

export function routeProducts(
  router: RouterInstance,
  { products, categories, cache, reads }: ProductDeps,
): void {
  router.post('/products', jsonBody, async ctx => {
    const draft = await parseProduct(productDraftSchema, ctx.request.body)
    const now = new Date()
    const _id = new ObjectId()
    await products
      .insertOne({ _id, ...draft, sold: 0, createdAt: now, updatedAt: now })
      .finally(() => cache.drop(facetsGeneration))
      .catch(skuTaken)
    ctx.status = 201
    ctx.set('Location', `/products/${_id}`)
    ctx.body = found(await findProduct(products, _id))
  })

  router.get('/products', async ctx => {
    const { limit, sort, cursor, ...filter } = parseQuery(listQuery, ctx.query)
    const page = { limit, sort, cursor }
    const match = await matchOf(filter, { categories })
    ctx.body = toPage(page, await aggregateProducts(products, [{ $match: match }, ...pageStages(page)]))
  })

  router.get('/products/:id', async ctx => {
    const _id = pathId(ctx)
    await reads.answer(ctx, 'product', {
      keyOf: async () => productKey(_id),
      load: async () => JSON.stringify(await findProduct(products, _id)),
    })
  })

  router.patch('/products/:id', jsonBody, async ctx => {
    const changes = await parseProduct(productChangesSchema, ctx.request.body)
    const _id = pathId(ctx)
    await products
      .updateOne({ _id }, { $set: { ...changes, updatedAt: new Date() } })
      .finally(() => cache.drop(productKey(_id), facetsGeneration))
      .catch(skuTaken)
    ctx.body = found(await findProduct(products, _id))
  })

  router.delete('/products/:id', async ctx => {
    const _id = pathId(ctx)
    const { deletedCount } = await products
      .deleteOne({ _id })
      .finally(() => cache.drop(productKey(_id), facetsGeneration))
    found(deletedCount > 0)
    ctx.status = 204
  })

  const parseProduct = <Output>(schema: z.ZodType<Output>, body: unknown) =>
    parseWithCategory(schema, body, {
      field: 'categoryId',
      refuse: async _id => ((await categories.findOne({ _id })) ? undefined : 'must be the id of a category'),
    })
}

// Asking first would let two requests with one new SKU both find it free.
function skuTaken(error: unknown): never {
  if (!isDuplicateKey(error)) throw error
  throw new Problem(409, { detail: 'Another product has this sku.' })
}
