import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { createProduct, type Product } from './resources.js'
import { mongoCommandsDuring } from './traffic.js'

/** How long the server may take to use a service again that is back, in milliseconds. */
export const BACK_WITHIN_MS = 5_000

/** Waits until a product is read without MongoDB: the server has its connections, and the product is in the cache. */
export async function untilCached(context: CheckContext, path: string): Promise<void> {
  const { api, eventually } = context
  await eventually(
    async () => {
      const answer = await api.get(path)
      expect(answer).toHaveStatus(200)
      expect(await mongoCommandsDuring(context, [answer]), 'MongoDB commands of a cached read').toEqual([])
    },
    { withinMs: BACK_WITHIN_MS },
  )
}

export async function createCached(context: CheckContext, fields: Partial<Product> = {}) {
  const product = await createProduct(context, fields)
  const path = `/products/${product.id}`
  await untilCached(context, path)
  return { product, path }
}
