import { expect } from 'vitest'
import type { Api } from '../kit/api.js'
import { createProduct, remove, warm } from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring, redisCommandsDuring } from './traffic.js'

interface Comparison {
  readonly reads: number
  readonly cached: { readonly p50Ms: number; readonly p95Ms: number }
  readonly uncached: { readonly p50Ms: number; readonly p95Ms: number }
  readonly speedup: number
}

async function compare(api: Api, productId: string, reads: number) {
  const answer = await api.get(`/products/${productId}/cache-comparison?reads=${reads}`)
  expect(answer).toHaveStatus(200)
  const comparison = Object(answer.body) as Comparison
  for (const side of ['cached', 'uncached'] as const) {
    const { p50Ms, p95Ms } = Object(comparison[side]) as Comparison['cached']
    expect(p50Ms, `\`${side}.p50Ms\``).toBeGreaterThan(0)
    expect(p95Ms, `\`${side}.p95Ms\``).toBeGreaterThanOrEqual(p50Ms)
  }
  return { answer, comparison }
}

check(
  'cache=off reads from MongoDB and leaves Redis alone',
  {
    row: 'cache-comparison',
    brief:
      'A cached read with `?cache=off` is answered from MongoDB, with `X-Cache: BYPASS` and without any Redis command.',
    hints: [
      'With what can you compare a cached read?',
      'Decide before you look into Redis, and do not fill it afterwards.',
    ],
  },
  async context => {
    const { api } = context
    const { id, categoryId } = await createProduct(context)
    const facets = `/products/facets?category=${encodeURIComponent(categoryId)}`
    for (const [path, off] of [
      [`/products/${id}`, `/products/${id}?cache=off`],
      [facets, `${facets}&cache=off`],
    ] as const) {
      await warm(api, path)
      const cached = await api.get(path)
      const answer = await api.get(off)
      expect(answer).toHaveStatus(200)
      expect(answer.headers.get('x-cache'), `X-Cache of GET ${off}`).toBe('BYPASS')
      expect(answer.body, 'the body without the cache').toEqual(cached.body)
      const asked = await mongoCommandsDuring(context, [answer])
      expect(asked.length, `MongoDB commands of GET ${off}`).toBeGreaterThan(0)
      expect(await redisCommandsDuring(context, [answer]), `Redis commands of GET ${off}`).toEqual([])
    }
  },
)

check(
  'the comparison makes the reads that it reports',
  {
    row: 'cache-comparison',
    brief:
      'Every one of these reads is made: Redis sees at least `n` commands, and MongoDB at least `n`, but no more than `n + 2` reads with `?cache=off` would take.',
    hints: [
      'What do the two services see while you measure?',
      'Read the product through the cache n times, then past it n times.',
    ],
  },
  async context => {
    const { api, random } = context
    const { id } = await createProduct(context)
    const single = await api.get(`/products/${id}?cache=off`)
    expect(single).toHaveStatus(200)
    const one = (await mongoCommandsDuring(context, [single])).length
    const reads = random.integer(12, 20)
    const { answer, comparison } = await compare(api, id, reads)
    expect(comparison.reads, '`reads`').toBe(reads)
    const asked = (await mongoCommandsDuring(context, [answer])).length
    expect(asked, 'MongoDB commands of the comparison').toBeGreaterThanOrEqual(reads)
    expect(asked, 'MongoDB commands of the comparison').toBeLessThanOrEqual((reads + 2) * one)
    const fromRedis = (await redisCommandsDuring(context, [answer])).length
    expect(fromRedis, 'Redis commands of the comparison').toBeGreaterThanOrEqual(reads)
    const { cached, uncached, speedup } = comparison
    const ratio = uncached.p50Ms / cached.p50Ms
    expect(Math.abs(speedup / ratio - 1), 'how far `speedup` is off').toBeLessThanOrEqual(0.1)
  },
)

check(
  'the comparison measures',
  {
    row: 'cache-comparison',
    brief:
      "The figures are measured: when MongoDB's answers take 40 ms longer, so does `uncached.p50Ms`, and `cached.p50Ms` stays below it.",
    hints: [
      'What does your clock run around?',
      'Take the time before and after each single read, sort, and pick the middle.',
    ],
  },
  async context => {
    const { api, faults } = context
    const { id } = await createProduct(context)
    await warm(api, `/products/${id}`)
    await faults.mongodb.delay(20)
    const { comparison } = await compare(api, id, 5)
    await faults.mongodb.heal()
    expect(comparison.uncached.p50Ms, '`uncached.p50Ms`').toBeGreaterThanOrEqual(39)
    expect(comparison.cached.p50Ms, '`cached.p50Ms`').toBeLessThan(comparison.uncached.p50Ms)
  },
)

check(
  'the comparison has its limits',
  {
    row: 'cache-comparison',
    brief: '`n` is an integer from 1 to 1000, and 50 if it is left out; a bad value is answered with 400.',
    hints: [
      'What would `reads=100000000` do to your server?',
      'Check `reads` first, and look the product up.',
    ],
  },
  async context => {
    const { api } = context
    const { id } = await createProduct(context)
    const answer = await api.get(`/products/${id}/cache-comparison`)
    expect(answer).toHaveStatus(200)
    expect(Object(answer.body).reads, '`reads` when it is left out').toBe(50)
    await compare(api, id, 1)
    for (const reads of ['0', '1001', 'many', '2.5']) {
      expect(await api.get(`/products/${id}/cache-comparison?reads=${reads}`)).toBeProblem(400, ['reads'])
    }
    const gone = await createProduct(context)
    await remove(api, `/products/${gone.id}`)
    expect(await api.get(`/products/${gone.id}/cache-comparison`)).toBeProblem(404)
  },
)
