import { expect } from 'vitest'
import {
  change,
  createProduct,
  newProduct,
  type Product,
  purchase,
  read,
  readItems,
  warm,
} from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring } from './traffic.js'

const backWithinMs = 5_000

check(
  'without Redis, reads and writes work from MongoDB',
  {
    row: 'resilience',
    brief:
      'While Redis refuses connections, reads and writes work as before, from MongoDB; cached reads say `X-Cache: BYPASS`.',
    hints: [
      'What does your server do with an error of the Redis client?',
      'A cache that fails is a miss: let its commands fail at once, and go on.',
    ],
  },
  async context => {
    const { api, faults } = context
    const product = await createProduct(context, { stock: 5 })
    const path = `/products/${product.id}`
    await warm(api, path)
    await faults.redis.down()
    const bypass = await api.get(path)
    expect(bypass).toHaveStatus(200)
    expect(bypass.body, 'the product without Redis').toEqual(product)
    expect(bypass.headers.get('x-cache'), 'X-Cache without Redis').toBe('BYPASS')
    const facets = await api.get(`/products/facets?category=${encodeURIComponent(product.categoryId)}`)
    expect(facets).toHaveStatus(200)
    expect(facets.headers.get('x-cache'), 'X-Cache of facets without Redis').toBe('BYPASS')
    await change(api, path, { name: 'Changed without Redis' })
    await purchase(api, product.id, 2)
    expect(await read(api, path), 'the product after writes without Redis').toMatchObject({
      name: 'Changed without Redis',
      stock: 3,
    })
    await createProduct(context, { categoryId: product.categoryId })
    const items = await readItems(api, `/products?category=${encodeURIComponent(product.categoryId)}`)
    expect(items.length, 'products of the category').toBe(2)
  },
)

check(
  'a Redis that does not answer holds nobody up',
  {
    row: 'resilience',
    brief: 'The same holds when Redis accepts connections and does not answer.',
    hints: [
      'How long does your server wait for Redis?',
      'Give every command of the client a timeout well below five seconds.',
    ],
  },
  async context => {
    const { api, faults } = context
    const product = await createProduct(context)
    const path = `/products/${product.id}`
    await warm(api, path)
    await faults.redis.stall()
    expect(await read<Product>(api, path), 'the product while Redis is silent').toEqual(product)
    await change(api, path, { priceCents: 77 })
    expect((await read<Product>(api, path)).priceCents, 'price while Redis is silent').toBe(77)
    await faults.redis.heal()
    expect((await read<Product>(api, path)).priceCents, 'price when Redis answers again').toBe(77)
  },
)

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
    const { api, faults, eventually } = context
    const product = await createProduct(context, { priceCents: 100 })
    const path = `/products/${product.id}`
    await warm(api, path)
    await faults.redis.down()
    await change(api, path, { priceCents: 200 })
    await faults.redis.heal()
    await eventually(
      async () => {
        const answer = await api.get(path)
        expect(answer).toHaveStatus(200)
        expect(Object(answer.body).priceCents, 'price when Redis is back').toBe(200)
        expect(answer.headers.get('x-cache'), 'X-Cache when Redis is back').toBe('HIT')
      },
      { withinMs: backWithinMs },
    )
  },
)

check(
  'without MongoDB, cached products are served and the rest is 503',
  {
    row: 'resilience',
    brief:
      'While MongoDB refuses connections, products in the cache are answered with 200, and every other read and every write with 503.',
    hints: [
      'Which of your answers need MongoDB, and how long do they wait for it?',
      "Set the driver's time-outs below five seconds, and answer its connection errors with 503.",
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const [cached, other] = [await createProduct(context), await createProduct(context)]
    await warm(api, `/products/${cached.id}`)
    await faults.mongodb.down()
    const hit = await api.get(`/products/${cached.id}`)
    expect(hit).toHaveStatus(200)
    expect(hit.body, 'the cached product without MongoDB').toEqual(cached)
    expect(await api.get(`/products/${other.id}`)).toBeProblem(503)
    expect(await api.get('/products')).toBeProblem(503)
    expect(await api.patch(`/products/${other.id}`, { name: 'Anything' })).toBeProblem(503)
    expect(await api.post('/products', newProduct(context, { categoryId: other.categoryId }))).toBeProblem(
      503,
    )
    expect(await api.get(`/products/${cached.id}`)).toHaveStatus(200)
    await faults.mongodb.heal()
    await eventually(async () => expect(await api.get(`/products/${other.id}`)).toHaveStatus(200), {
      withinMs: backWithinMs,
    })
    await change(api, `/products/${cached.id}`, { name: 'Changed again' })
    expect((await read<Product>(api, `/products/${cached.id}`)).name, 'name after the change').toBe(
      'Changed again',
    )
  },
)

check(
  'when Redis is back, the cache is used again',
  {
    row: 'resilience',
    brief:
      'When a service is back, the server works again by itself within 5 seconds, cache included, without having been restarted.',
    hints: [
      'When does your Redis client try again?',
      'Let it reconnect for ever, with a pause of less than a second.',
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const { id } = await createProduct(context)
    await faults.redis.down()
    expect(await api.get(`/products/${id}`)).toHaveStatus(200)
    await faults.redis.heal()
    await eventually(
      async () => {
        const answer = await api.get(`/products/${id}`)
        expect(answer).toHaveStatus(200)
        expect(await mongoCommandsDuring(context, [answer]), 'MongoDB commands of a cached read').toEqual([])
      },
      { withinMs: backWithinMs },
    )
  },
)
