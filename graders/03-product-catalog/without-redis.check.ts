import { expect } from 'vitest'
import { createCached, untilCached } from './cached-product.js'
import { change, createProduct, type Product, purchase, read, readItems } from './resources.js'
import { check } from './rubric.js'

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
  check(title, { row: 'without-redis', brief, hints }, async context => {
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
    row: 'without-redis',
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

check(
  'when Redis is back, and empty, the cache is used again',
  {
    row: 'without-redis',
    brief:
      'When Redis is back, full or empty, the server uses it again by itself within 5 seconds, without having been restarted.',
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
  'a connection to Redis that breaks is made anew',
  {
    row: 'without-redis',
    brief: 'So it does when its connections to Redis break.',
    hints: [
      'What becomes of a request whose connection to Redis is reset?',
      'The client of Redis connects again by itself, unless you give it up.',
    ],
  },
  async context => {
    const { api, faults } = context
    const { path } = await createCached(context)
    await faults.redis.cut()
    expect(await api.get(path)).toHaveStatus(200)
    await untilCached(context, path)
  },
)
