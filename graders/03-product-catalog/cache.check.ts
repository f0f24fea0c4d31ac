import { expect } from 'vitest'
import { createCategory, createProduct, type Product, read, warm } from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring } from './traffic.js'

const cachedRead = '`GET /products/:id` and `GET /products/facets` are cached reads'

check(
  'the second read of a product takes no MongoDB command',
  {
    row: 'cache',
    brief: cachedRead,
    hints: [
      'What does your server ask MongoDB when it has the answer already?',
      'Look into Redis first, and answer from it without any other query.',
    ],
  },
  async context => {
    const { api } = context
    const { id } = await createProduct(context)
    const first = await api.get(`/products/${id}`)
    expect(first).toHaveStatus(200)
    const second = await api.get(`/products/${id}`)
    expect(second).toHaveStatus(200)
    expect(await mongoCommandsDuring(context, [second]), 'MongoDB commands of the second read').toEqual([])
    const third = await api.get(`/products/${id}`)
    expect(await mongoCommandsDuring(context, [third]), 'MongoDB commands of the third read').toEqual([])
    const reads = await context.redisCommandsOf(second)
    expect(reads.length, 'Redis commands of the second read').toBeGreaterThan(0)
  },
)

check(
  'the second read of facets takes no MongoDB command',
  {
    row: 'cache',
    brief: 'once one was answered, the same read again takes no MongoDB command',
    hints: [
      'Facets are the most expensive read of all: is their answer kept?',
      'Make a key of the filters and keep the whole answer under it.',
    ],
  },
  async context => {
    const { api } = context
    const product = await createProduct(context, { brand: 'Dent' })
    const path = `/products/facets?category=${encodeURIComponent(product.categoryId)}&brand=Dent`
    await read(api, path)
    const second = await api.get(path)
    expect(second).toHaveStatus(200)
    expect(await mongoCommandsDuring(context, [second]), 'MongoDB commands of the second read').toEqual([])
  },
)

check(
  'X-Cache says MISS and then HIT, with the same body',
  {
    row: 'cache',
    brief:
      'The header `X-Cache` of a cached read is `HIT` if the answer came from Redis and `MISS` if MongoDB was asked for it.',
    hints: [
      'Does the header say what really happened?',
      'What comes from the cache is the text that was stored: compare it with the first answer.',
    ],
  },
  async context => {
    const { api } = context
    const { id, categoryId } = await createProduct(context, { description: 'ö "quoted" 🫖', stock: 3 })
    for (const path of [`/products/${id}`, `/products/facets?category=${encodeURIComponent(categoryId)}`]) {
      const miss = await api.get(path)
      expect(miss).toHaveStatus(200)
      expect(miss.headers.get('x-cache'), `X-Cache of the first GET ${path}`).toBe('MISS')
      const hit = await api.get(path)
      expect(hit.headers.get('x-cache'), `X-Cache of the second GET ${path}`).toBe('HIT')
      expect(hit.body, `the body of the HIT of GET ${path}`).toEqual(miss.body)
      expect(hit.headers.get('content-type'), 'content type of a HIT').toMatch(/^application\/json/)
    }
  },
)

check(
  'facets with other filters have their own answer',
  {
    row: 'cache',
    brief: 'Facets with other filters are another read, and get their own answer.',
    hints: [
      'What distinguishes two answers in your cache?',
      'Every parameter that changes the answer belongs into the key.',
    ],
  },
  async context => {
    const { api } = context
    const category = await createCategory(context)
    for (const [brand, priceCents] of [
      ['Acme', 100],
      ['Acme', 200],
      ['Acme', 300],
      ['Bell', 100],
    ] as const) {
      await createProduct(context, { categoryId: category.id, brand, priceCents })
    }
    const base = `/products/facets?category=${encodeURIComponent(category.id)}`
    for (const [query, total] of [
      ['', 4],
      ['&brand=Acme', 3],
      ['&brand=Bell', 1],
      ['&minPriceCents=200', 2],
      ['&maxPriceCents=200', 3],
      ['&brand=Acme&maxPriceCents=100', 1],
      ['&brand=Acme', 3],
    ] as const) {
      expect(await read(api, base + query), `facets of \`${query}\``).toMatchObject({ total })
    }
  },
)

check(
  'what was cached is in Redis, and outlives the server',
  {
    row: 'cache',
    brief: 'The cache is in Redis: after your server was stopped and started again',
    hints: [
      'Where is the cache while no server runs?',
      'A Map in the process is lost at every deployment; Redis keeps it for all of your servers.',
    ],
  },
  async context => {
    const { api, restartApp } = context
    const { id } = await createProduct(context)
    await warm(api, `/products/${id}`)
    const before = await read<Product>(api, `/products/${id}`)
    await restartApp()
    const after = await api.get(`/products/${id}`)
    expect(after).toHaveStatus(200)
    expect(after.headers.get('x-cache'), 'X-Cache of the first read after a restart').toBe('HIT')
    expect(after.body, 'the product after a restart').toEqual(before)
  },
)

check(
  'every key in Redis expires',
  {
    row: 'cache',
    brief:
      'Every key that you write into Redis expires by itself, at most 3600 seconds after it was written.',
    hints: [
      'How long does a product stay in Redis that nobody reads any more?',
      'Give every SET its EX or PX, those of helper keys such as locks and versions included.',
    ],
  },
  async context => {
    const { api, redis } = context
    const { id, categoryId } = await createProduct(context)
    await warm(api, `/products/${id}`)
    await warm(api, `/products/facets?category=${encodeURIComponent(categoryId)}`)
    const lasting: string[] = []
    const keys = await allKeys(redis)
    for (const key of keys) {
      const ttlMs = await redis.pttl(key)
      // -2: it has expired meanwhile.
      if (ttlMs !== -2 && (ttlMs < 0 || ttlMs > 3_600_000)) lasting.push(`${key}: ${ttlMs} ms`)
    }
    expect(lasting, 'keys without an expiry within the hour').toEqual([])
    expect(keys.length, 'keys in Redis').toBeGreaterThan(0)
  },
)

async function allKeys(redis: { scan(cursor: string): Promise<[string, string[]]> }): Promise<string[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await redis.scan(cursor)
    for (const key of found) keys.add(key)
    cursor = next
  } while (cursor !== '0')
  return [...keys]
}
