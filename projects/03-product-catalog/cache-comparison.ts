import type { RouterInstance } from '@koa/router'
import { z } from 'zod'
import { parseQuery } from '../shared/parsing.js'
import { found } from '../shared/problem-details.js'
import type { Deps } from './app.js'
import { productKey } from './cache-keys.js'
import { integer, pathId } from './fields.js'
import { findProduct } from './product.js'

const query = z.object({ reads: integer(1, 1000).default(50) })

export function routeCacheComparison(router: RouterInstance, { products, cache }: Deps): void {
  router.get('/products/:id/cache-comparison', async ctx => {
    const { reads } = parseQuery(query, ctx.query)
    const _id = pathId(ctx)
    const load = async () => JSON.stringify(await findProduct(products, _id))
    const fromCache = () => cache.read(async () => productKey(_id), load)
    // The first read may have to fill the cache: it is not measured.
    found((await fromCache()).json)
    const cached = await measure(reads, fromCache)
    const uncached = await measure(reads, load)
    ctx.body = { reads, cached, uncached, speedup: uncached.p50Ms / cached.p50Ms }
  })
}

async function measure(reads: number, read: () => Promise<unknown>) {
  const times: number[] = []
  for (let n = 0; n < reads; n++) {
    const startedAt = performance.now()
    await read()
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  return { p50Ms: percentile(times, 0.5), p95Ms: percentile(times, 0.95) }
}

/** The nearest rank: the smallest time that at least this part of all reads did not exceed. */
const percentile = (sorted: readonly number[], part: number) =>
  sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN
