import type { Context } from 'koa'
import { Counter, Registry } from 'prom-client'
import { found } from '../shared/problem-details.js'
import type { Cache } from './cache.js'

type Resource = 'product' | 'facets'

interface CachedRead {
  readonly keyOf: () => Promise<string>
  readonly load: () => Promise<string | undefined>
}

export interface CachedReads {
  readonly metrics: Registry
  /** Answers with the JSON, from the cache unless the query says `cache=off`, and counts hits and misses. */
  answer(ctx: Context, resource: Resource, read: CachedRead): Promise<void>
}

export function createCachedReads(cache: Cache): CachedReads {
  const metrics = new Registry()
  const counter = (outcome: string) =>
    new Counter({
      name: `cache_${outcome}_total`,
      help: `Cached reads that were ${outcome}.`,
      labelNames: ['resource'],
      registers: [metrics],
    })
  const counters = { HIT: counter('hits'), MISS: counter('misses') }
  for (const resource of ['product', 'facets']) {
    for (const outcome of Object.values(counters)) outcome.inc({ resource }, 0)
  }

  return {
    metrics,
    async answer(ctx, resource, { keyOf, load }) {
      const { json, from } =
        ctx.query.cache === 'off'
          ? { json: await load(), from: 'BYPASS' as const }
          : await cache.read(keyOf, load)
      // Before the body, from which Koa would guess another type first.
      ctx.type = 'json'
      ctx.body = found(json)
      ctx.set('X-Cache', from)
      if (from !== 'BYPASS') counters[from].inc({ resource })
    },
  }
}
