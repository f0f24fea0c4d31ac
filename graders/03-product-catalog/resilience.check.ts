import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { change, createProduct, newProduct, type Product, purchase, read, readItems } from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring } from './traffic.js'

const backWithinMs = 5_000
const backAgain =
  'When a service is back, the server works again by itself within 5 seconds, cache included, without having been restarted.'

/** Waits until a product is read without MongoDB: the server has its connections, and the product is in the cache. */
async function untilCached(context: CheckContext, path: string): Promise<void> {
  const { api, eventually } = context
  await eventually(
    async () => {
      const answer = await api.get(path)
      expect(answer).toHaveStatus(200)
      expect(await mongoCommandsDuring(context, [answer]), 'MongoDB commands of a cached read').toEqual([])
    },
    { withinMs: backWithinMs },
  )
}

async function createCached(context: CheckContext, fields: Partial<Product> = {}) {
  const product = await createProduct(context, fields)
  const path = `/products/${product.id}`
  await untilCached(context, path)
  return { product, path }
}

for (const [fault, title, brief, hints] of [
  [
    'down',
    'without Redis, reads and writes work from MongoDB',
    'While Redis refuses connections, reads and writes work as before, from MongoDB; cached reads say `X-Cache: BYPASS`.',
    [
      'What does your server do with an error of the Redis client?',
      'A cache that fails is a miss: let its commands fail at once, and go on.',
    ],
  ],
  [
    'stall',
    'a Redis that does not answer holds nobody up',
    'The same holds when Redis accepts connections and does not answer.',
    [
      'How long does your server wait for Redis?',
      'Give every command of the client a timeout well below five seconds.',
    ],
  ],
] as const) {
  check(title, { row: 'resilience', brief, hints }, async context => {
    const { api, faults } = context
    const { product, path } = await createCached(context, { stock: 5 })
    const inCategory = `category=${encodeURIComponent(product.categoryId)}`
    await faults.redis[fault]()
    for (const [what, cachedRead] of [
      ['a product', path],
      ['facets', `/products/facets?${inCategory}`],
    ] as const) {
      const answer = await api.get(cachedRead)
      expect(answer).toHaveStatus(200)
      expect(answer.headers.get('x-cache'), `X-Cache of ${what} without Redis`).toBe('BYPASS')
    }
    expect(await read(api, path), 'the product without Redis').toEqual(product)
    await change(api, path, { name: 'Changed without Redis' })
    await purchase(api, product.id, 2)
    expect(await read(api, path), 'the product after writes without Redis').toMatchObject({
      name: 'Changed without Redis',
      stock: 3,
    })
    await createProduct(context, { categoryId: product.categoryId })
    expect((await readItems(api, `/products?${inCategory}`)).length, 'products of the category').toBe(2)
    await faults.redis.heal()
    await untilCached(context, path)
    expect(await read(api, path), 'the product when Redis is back').toMatchObject({ stock: 3 })
  })
}

check(
  'what was changed while Redis was away is not shown as it was before',
  {
    row: 'resilience',
    brief:
      'A product that was changed while Redis was away is never shown as it was before, also when Redis is back.',
    hints: [
      'The product was cached, Redis went, the product was changed, Redis came back: what is in it?',
      'Remember which keys you could not delete, and delete them before you read from Redis again.',
    ],
  },
  async context => {
    const { api, faults } = context
    const { path } = await createCached(context, { priceCents: 100 })
    await faults.redis.down()
    await change(api, path, { priceCents: 200 })
    await faults.redis.heal()
    // Every read shows the change: the first ones, from MongoDB perhaps, and those from the cache.
    const showsChange = async () => {
      expect((await read<Product>(api, path)).priceCents, 'price when Redis is back').toBe(200)
    }
    for (let n = 0; n < 3; n++) await showsChange()
    await untilCached(context, path)
    await showsChange()
  },
)

for (const [fault, title] of [
  ['down', 'without MongoDB, cached products are served and the rest is 503'],
  ['stall', 'when MongoDB does not answer, cached products are served and the rest is 503'],
] as const) {
  check(
    title,
    {
      row: 'resilience',
      brief:
        'While MongoDB refuses connections, or accepts them and does not answer, products in the cache are answered with 200, and reads that are not in the cache and writes with 503, also several in parallel.',
      hints: [
        'Which of your answers need MongoDB, and how long do they wait for it?',
        "Set the driver's time-outs below five seconds, and answer its connection errors with 503.",
      ],
    },
    async context => {
      const { api, faults, eventually } = context
      const other = await createProduct(context)
      const { product, path } = await createCached(context)
      await faults.mongodb[fault]()
      const hit = await api.get(path)
      expect(hit).toHaveStatus(200)
      expect(hit.body, 'the cached product without MongoDB').toEqual(product)
      const refused = await Promise.all([
        api.get(`/products/${other.id}`),
        api.get('/products'),
        api.patch(`/products/${other.id}`, { name: 'Anything' }),
        api.post('/products', newProduct(context, { categoryId: other.categoryId })),
        api.post('/categories', { name: 'Anything' }),
      ])
      for (const answer of refused) expect(answer).toBeProblem(503)
      expect(await api.get(path)).toHaveStatus(200)
      await faults.mongodb.heal()
      await eventually(async () => expect(await api.get(`/products/${other.id}`)).toHaveStatus(200), {
        withinMs: backWithinMs,
      })
      await change(api, path, { name: 'Changed again' })
      expect((await read<Product>(api, path)).name, 'name after the change').toBe('Changed again')
    },
  )
}

check(
  'when Redis is back, and empty, the cache is used again',
  {
    row: 'resilience',
    brief: backAgain,
    hints: [
      'When does your Redis client try again, and does it need anything that was in Redis?',
      'Let it reconnect for ever, with a pause of less than a second; what is missing in Redis is filled by reads.',
    ],
  },
  async context => {
    const { api, faults } = context
    const { product, path } = await createCached(context)
    await faults.redis.kill()
    expect(await read(api, path), 'the product without Redis').toEqual(product)
    await faults.redis.heal()
    await untilCached(context, path)
    expect(await read(api, path), 'the product when Redis is back').toEqual(product)
  },
)

check(
  'a connection that breaks is made anew',
  {
    row: 'resilience',
    brief: 'So it does when Redis comes back empty, and when a connection to either service breaks.',
    hints: [
      'What becomes of a request whose connection is reset?',
      'The driver of MongoDB and the client of Redis connect again by themselves, unless you give them up.',
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const { path } = await createCached(context)
    await faults.redis.cut()
    expect(await api.get(path)).toHaveStatus(200)
    await untilCached(context, path)
    await faults.mongodb.cut()
    expect(await api.get(path)).toHaveStatus(200)
    await eventually(async () => expect(await api.patch(path, { priceCents: 7 })).toHaveStatus(200), {
      withinMs: backWithinMs,
    })
    expect((await read<Product>(api, path)).priceCents, 'price after the change').toBe(7)
    await untilCached(context, path)
  },
)
