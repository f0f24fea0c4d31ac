import { expect } from 'vitest'
import { monotonicUs } from '../kit/exchange.js'
import {
  change,
  createCategory,
  createProduct,
  type Product,
  purchase,
  read,
  remove,
  warm,
} from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring } from './traffic.js'

check(
  'a cached product shows every write at once',
  {
    row: 'invalidation',
    brief: 'When a write has been answered, every read that begins afterwards shows it',
    hints: [
      'Which routes change a product, and do all of them tell the cache?',
      'Delete the key after MongoDB has written and before you answer; a purchase is a write, too.',
    ],
  },
  async context => {
    const { api } = context
    const product = await createProduct(context, { stock: 10 })
    const path = `/products/${product.id}`
    await warm(api, path)
    for (const priceCents of [111, 222, 333]) {
      await change(api, path, { priceCents })
      expect((await read<Product>(api, path)).priceCents, 'price after a PATCH').toBe(priceCents)
    }
    await purchase(api, product.id, 4)
    expect(await read(api, path), 'the product after a purchase').toMatchObject({ stock: 6, sold: 4 })
    await read(api, path)
    await remove(api, path)
    expect(await api.get(path)).toHaveStatus(404)
  },
)

check(
  'the last of fifty purchases among reads stays in the cache',
  {
    row: 'invalidation',
    brief: 'When a write has been answered, every read that begins afterwards shows it',
    hints: [
      'Reads fill the cache while purchases change the product: what is in it when all have ended?',
      'A read may store what it found only if no write came between: a token in Redis that each write takes away.',
    ],
  },
  async context => {
    const { api } = context
    const { id } = await createProduct(context, { stock: 100 })
    const path = `/products/${id}`
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? read(api, path) : purchase(api, id, 1))),
    )
    for (const when of ['after fifty purchases', 'read again after fifty purchases']) {
      expect(await read(api, path), `the product ${when}`).toMatchObject({ stock: 50, sold: 50 })
    }
  },
)

check(
  "a category's new name, and a product's new category, show at once",
  {
    row: 'invalidation',
    brief:
      'A new `name` of a category is in all its products at once, and a product that is moved to another category shows that one.',
    hints: [
      'Whose answers contain the name of a category?',
      'Renaming a category must drop the keys of all its products, or products must not carry the name in the cache.',
    ],
  },
  async context => {
    const { api, random } = context
    const [first, second] = [await createCategory(context), await createCategory(context)]
    const products = [
      await createProduct(context, { categoryId: first.id }),
      await createProduct(context, { categoryId: first.id }),
    ]
    for (const { id } of products) await warm(api, `/products/${id}`)
    const name = `Garden ${random.letters(6)}`
    await change(api, `/categories/${first.id}`, { name })
    for (const { id } of products) {
      expect((await read<Product>(api, `/products/${id}`)).category, 'the category of a product').toEqual({
        id: first.id,
        name,
      })
    }
    const moved = products[0]?.id ?? ''
    await change(api, `/products/${moved}`, { categoryId: second.id })
    expect(await read(api, `/products/${moved}`), 'the product after the move').toMatchObject({
      categoryId: second.id,
      category: { id: second.id, name: second.name },
    })
  },
)

check(
  'facets show every write at once',
  {
    row: 'invalidation',
    brief:
      'The facets show at once that a product was created, changed or deleted, and that a category was renamed or moved.',
    hints: [
      'Which cached facets does a new product change?',
      'A version in the key of all facets, new with every write, makes the old answers unreachable.',
    ],
  },
  async context => {
    const { api, random } = context
    const root = await createCategory(context)
    const child = await createCategory(context, { parentId: root.id })
    const path = `/products/facets?category=${encodeURIComponent(root.id)}`
    const facets = async () => {
      // Twice: the second one is in the cache before the next write.
      const answer = await read<{ total: number; brands: unknown; categories: unknown }>(api, path)
      await read(api, path)
      return answer
    }
    expect(await facets(), 'facets before').toMatchObject({ total: 0 })
    const product = await createProduct(context, { categoryId: child.id, brand: 'Acme' })
    expect(await facets(), 'facets after a POST').toMatchObject({
      total: 1,
      brands: [{ brand: 'Acme', count: 1 }],
    })
    await change(api, `/products/${product.id}`, { brand: 'Bell' })
    expect(await facets(), 'facets after a PATCH').toMatchObject({ brands: [{ brand: 'Bell', count: 1 }] })
    const name = `Attic ${random.letters(6)}`
    await change(api, `/categories/${child.id}`, { name })
    expect(await facets(), 'facets after a new name').toMatchObject({
      categories: [{ id: child.id, name, count: 1 }],
    })
    await change(api, `/categories/${child.id}`, { parentId: null })
    expect(await facets(), 'facets after a category was moved away').toMatchObject({ total: 0 })
    await change(api, `/categories/${child.id}`, { parentId: root.id })
    expect(await facets(), 'facets after a category was moved back').toMatchObject({ total: 1 })
    await remove(api, `/products/${product.id}`)
    expect(await facets(), 'facets after a DELETE').toMatchObject({ total: 0 })
  },
)

check(
  'a write leaves the other products in the cache',
  {
    row: 'invalidation',
    brief: 'A write to one product leaves the cached reads of other products in the cache.',
    hints: [
      'How much of the cache does one write throw away?',
      'Delete the keys that the write concerns; FLUSHDB concerns everybody.',
    ],
  },
  async context => {
    const { api } = context
    const [written, other] = [
      await createProduct(context, { stock: 5 }),
      await createProduct(context, { stock: 5 }),
    ]
    await warm(api, `/products/${written.id}`)
    await warm(api, `/products/${other.id}`)
    await change(api, `/products/${written.id}`, { priceCents: 4 })
    await purchase(api, written.id, 1)
    await createProduct(context, { categoryId: written.categoryId })
    const again = await api.get(`/products/${other.id}`)
    expect(again).toHaveStatus(200)
    expect(await mongoCommandsDuring(context, [again]), 'MongoDB commands of the other product').toEqual([])
  },
)

check(
  'a slow read that began before a write brings nothing back',
  {
    row: 'invalidation',
    brief: 'A slow read that began before a write does not bring the old product back',
    hints: [
      'A read has its answer from MongoDB, a write passes it, and then the read fills the cache: with what?',
      'Let a read fill only what no write has touched since it began: a token that the write takes away, compared in one step in Redis.',
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const [watched, quiet] = [
      await createProduct(context, { priceCents: 100 }),
      await createProduct(context, { priceCents: 100 }),
    ].map(({ id }) => `/products/${id}`) as [string, string]
    const priceOf = async (path: string) => (await read<Product>(api, path)).priceCents
    // The driver has three connections from here on: the writes need not wait for those of the reads.
    await Promise.all(Array.from({ length: 3 }, () => api.get('/products?limit=1')))
    // A command takes a moment to MongoDB, and what MongoDB answers then longer back to the app. Both together are
    // below the second after which a driver may give a heartbeat up.
    await faults.mongodb.delay(200)
    const startedAtUs = monotonicUs()
    const asked = async () => {
      const during = [{ exchange: { startedAtUs, endedAtUs: monotonicUs() } }]
      const sent = await mongoCommandsDuring(context, during)
      return sent.filter(({ collection }) => collection === 'products')
    }
    const soon = { withinMs: 3_000 }
    const slow: Promise<unknown>[] = []
    for (const [n, path] of [quiet, watched].entries()) {
      slow.push(api.get(path))
      await eventually(async () => {
        expect((await asked()).length, 'MongoDB commands of the slow reads').toBeGreaterThan(n)
      }, soon)
    }
    await faults.mongodb.delay(500)
    await eventually(async () => {
      const answered = (await asked()).filter(command => command.answered)
      expect(answered.length, 'commands of the slow reads that MongoDB has answered').toBeGreaterThan(1)
    }, soon)
    // What is held stays held, and the writes pass it.
    await faults.mongodb.delay(1)
    for (const path of [watched, quiet]) await change(api, path, { priceCents: 200 })
    expect(await priceOf(watched), 'price while the slow read waits').toBe(200)
    await Promise.all(slow)
    await faults.mongodb.heal()
    for (const when of ['after the slow read has ended', 'at the next read']) {
      for (const path of [watched, quiet]) expect(await priceOf(path), `price ${when}`).toBe(200)
    }
  },
)

check(
  'fifty reads of one product that is not cached take the commands of one',
  {
    row: 'invalidation',
    brief:
      'Fifty reads in parallel of one product that is not cached take together no more MongoDB commands than a single one.',
    hints: [
      'Fifty requests find nothing in Redis at the same moment: what do they do next?',
      'The first one asks MongoDB; the others wait for its promise, or for its lock in Redis.',
    ],
  },
  async context => {
    const { api, faults } = context
    const [alone, popular] = [await createProduct(context), await createProduct(context)]
    const single = await api.get(`/products/${alone.id}`)
    expect(single).toHaveStatus(200)
    const one = await mongoCommandsDuring(context, [single])
    expect(one.length, 'MongoDB commands of a single read').toBeGreaterThan(0)
    await faults.mongodb.delay(100)
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.get(`/products/${popular.id}`)))
    await faults.mongodb.heal()
    for (const answer of answers) {
      expect(answer).toHaveStatus(200)
      expect(Object(answer.body).id, 'the product of one of fifty reads').toBe(popular.id)
    }
    const fifty = await mongoCommandsDuring(context, answers)
    expect(fifty.length, 'MongoDB commands of fifty reads').toBeLessThanOrEqual(one.length)
  },
)
