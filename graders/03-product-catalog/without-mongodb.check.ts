import { expect } from 'vitest'
import { BACK_WITHIN_MS, createCached, untilCached } from './cached-product.js'
import { change, createProduct, newProduct, type Product, read } from './resources.js'
import { check } from './rubric.js'

for (const [fault, title] of [
  ['down', 'without MongoDB, cached products are served and the rest is 503'],
  ['stall', 'when MongoDB does not answer, cached products are served and the rest is 503'],
] as const) {
  check(
    title,
    {
      row: 'without-mongodb',
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
        withinMs: BACK_WITHIN_MS,
      })
      await change(api, path, { name: 'Changed again' })
      expect((await read<Product>(api, path)).name, 'name after the change').toBe('Changed again')
    },
  )
}

check(
  'a connection to MongoDB that breaks is made anew',
  {
    row: 'without-mongodb',
    brief: 'So it does when its connections to MongoDB break.',
    hints: [
      'What becomes of a request whose connection to MongoDB is reset?',
      'The driver of MongoDB connects again by itself, unless you give the client up.',
    ],
  },
  async context => {
    const { api, faults, eventually } = context
    const { path } = await createCached(context)
    await faults.mongodb.cut()
    expect(await api.get(path)).toHaveStatus(200)
    await eventually(async () => expect(await api.patch(path, { priceCents: 7 })).toHaveStatus(200), {
      withinMs: BACK_WITHIN_MS,
    })
    expect((await read<Product>(api, path)).priceCents, 'price after the change').toBe(7)
    await untilCached(context, path)
  },
)
