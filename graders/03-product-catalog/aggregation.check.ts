import { expect } from 'vitest'
import type { Api } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'
import { createCategory, createProduct, type Product, purchase, read, readItems } from './resources.js'
import { check } from './rubric.js'
import { mongoCommandsDuring } from './traffic.js'

const ids = (products: readonly { readonly id: string }[]) => products.map(({ id }) => id).sort()
const inCategory = ({ id }: { readonly id: string }) => `category=${encodeURIComponent(id)}`

/** A root with a child and a grandchild, and products in each. */
async function makeShelf(context: CheckContext) {
  const root = await createCategory(context)
  const child = await createCategory(context, { parentId: root.id })
  const grandchild = await createCategory(context, { parentId: child.id })
  const make = (categoryId: string, brand: string, priceCents: number) =>
    createProduct(context, { categoryId, brand, priceCents })
  const products = [
    await make(root.id, 'Acme', 999),
    await make(root.id, 'Bell', 1000),
    await make(child.id, 'Acme', 4999),
    await make(child.id, 'Acme', 5000),
    await make(grandchild.id, 'Acme & Co', 10_000),
    await make(grandchild.id, 'Bell', 50_000),
    await make(grandchild.id, 'Acme', 0),
  ]
  return { root, child, grandchild, products }
}

check(
  'filters by category with all below it, by brand and by price',
  {
    row: 'aggregation',
    brief: 'several together must all hold',
    hints: [
      'Which categories are below a category, and below those?',
      'Collect the ids of the whole subtree first; both price limits are inclusive.',
    ],
  },
  async context => {
    const { api } = context
    const { root, child, grandchild, products } = await makeShelf(context)
    const found = async (query: string) => ids(await readItems<Product>(api, `/products?${query}`))
    const where = (condition: (product: Product) => boolean) => ids(products.filter(condition))
    expect(await found(inCategory(root)), 'products of the root').toEqual(ids(products))
    expect(await found(inCategory(child)), 'products of the child').toEqual(
      where(({ categoryId }) => categoryId !== root.id),
    )
    expect(await found(inCategory(grandchild)), 'products of the grandchild').toEqual(
      where(({ categoryId }) => categoryId === grandchild.id),
    )
    expect(await found(`${inCategory(root)}&brand=Acme`), 'products of the brand Acme').toEqual(
      where(({ brand }) => brand === 'Acme'),
    )
    expect(
      await found(`${inCategory(root)}&minPriceCents=1000&maxPriceCents=5000`),
      'products from 1000 to 5000 cents',
    ).toEqual(where(({ priceCents }) => priceCents >= 1000 && priceCents <= 5000))
    expect(
      await found(`${inCategory(child)}&brand=Acme%20%26%20Co&minPriceCents=10000`),
      'products by all filters',
    ).toEqual(where(({ brand }) => brand === 'Acme & Co'))
    const dearest = await createProduct(context, { categoryId: child.id, priceCents: 100_000_000 })
    expect(
      await found(`${inCategory(root)}&minPriceCents=100000000`),
      'products of the highest price',
    ).toEqual([dearest.id])
    expect(await found(`${inCategory(root)}&maxPriceCents=0`), 'products that cost nothing').toEqual(
      where(({ priceCents }) => priceCents === 0),
    )
    expect(await found('category=no-such-category'), 'products of a category that nothing has').toEqual([])
    expect(await found(`${inCategory(root)}&brand=acme`), 'products of a brand that nothing has').toEqual([])
  },
)

check(
  'pages in order of price give every product once',
  {
    row: 'aggregation',
    brief: 'All pages together have every product once, also where many have the same price.',
    hints: [
      'What is the order of products with the same price?',
      'Sort by price and then by id, and let the cursor hold both.',
    ],
  },
  async context => {
    const { api } = context
    const category = await createCategory(context)
    const made: Product[] = []
    for (const priceCents of [700, 500, 500, 500, 500, 300, 500]) {
      made.push(await createProduct(context, { categoryId: category.id, priceCents }))
    }
    const full = await readPages(api, `/products?${inCategory(category)}&limit=7`)
    expect(
      full.map(page => page.length),
      'sizes of the pages when all products fill one',
    ).toEqual([7])
    for (const sort of ['priceCents', '-priceCents', 'createdAt']) {
      const path = `/products?${inCategory(category)}&sort=${sort}&limit=2`
      const pages = await readPages(api, path)
      expect(
        pages.map(page => page.length),
        `sizes of the pages by ${sort}`,
      ).toEqual([2, 2, 2, 1])
      const all = pages.flat()
      expect(ids(all), `ids on all pages by ${sort}`).toEqual(ids(made))
      if (sort === 'createdAt') continue
      const prices = made.map(({ priceCents }) => priceCents).sort((a, b) => a - b)
      expect(
        all.map(({ priceCents }) => priceCents),
        `prices on all pages by ${sort}`,
      ).toEqual(sort === 'priceCents' ? prices : prices.reverse())
    }
    const newest = await createProduct(context, { categoryId: category.id })
    const [first] = await readItems<Product>(api, `/products?${inCategory(category)}`)
    expect(first?.id, 'the first product without `sort`').toBe(newest.id)
  },
)

async function readPages(api: Api, path: string): Promise<readonly (readonly Product[])[]> {
  const pages: (readonly Product[])[] = []
  for (let cursor: string | null = ''; cursor !== null && pages.length < 10; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page = await read<{ items: readonly Product[]; nextCursor: string | null }>(api, path + query)
    expect(Array.isArray(page.items), 'whether `items` is an array').toBe(true)
    pages.push(page.items)
    cursor = page.nextCursor
  }
  return pages
}

interface Facets {
  readonly total: number
  readonly brands: readonly { readonly brand: string; readonly count: number }[]
  readonly categories: readonly { readonly id: string; readonly name: string; readonly count: number }[]
  readonly prices: readonly unknown[]
}

check(
  'facets count every product that passes the filters',
  {
    row: 'aggregation',
    brief: 'counted over all products that pass the filters, not over one page of them',
    hints: [
      'How many products does the database have, and how many does one page show?',
      'A $facet stage after the $match counts everything in one command.',
    ],
  },
  async context => {
    const { api } = context
    const { root, child, grandchild } = await makeShelf(context)
    for (let n = 0; n < 20; n++) {
      await createProduct(context, { categoryId: child.id, brand: 'Cole', priceCents: 2000 + n })
    }
    const facets = await read<Facets>(api, `/products/facets?${inCategory(root)}`)
    expect(facets.total, '`total`').toBe(27)
    for (const [limit, count] of [
      ['', 20],
      ['&limit=100', 27],
    ] as const) {
      const items = await readItems<Product>(api, `/products?${inCategory(root)}${limit}`)
      expect(items.length, `products on a page of GET /products?category=…${limit}`).toBe(count)
    }
    expect(facets.brands?.slice(0, 2), 'the first two brands').toEqual([
      { brand: 'Cole', count: 20 },
      { brand: 'Acme', count: 4 },
    ])
    expect(Object.fromEntries(facets.brands.map(({ brand, count }) => [brand, count])), 'brands').toEqual({
      Cole: 20,
      Acme: 4,
      Bell: 2,
      'Acme & Co': 1,
    })
    expect(facets.categories, '`categories`').toEqual([
      { id: child.id, name: child.name, count: 22 },
      { id: grandchild.id, name: grandchild.name, count: 3 },
      { id: root.id, name: root.name, count: 2 },
    ])
    // The lowest price makes it another read than the one before in any other way, too.
    const filters = `${inCategory(root)}&minPriceCents=0&brand=Acme`
    const paged = await read<Facets>(api, `/products/facets?${filters}&limit=1`)
    expect(paged.total, '`total` of the brand Acme, with a `limit`').toBe(4)
    expect(paged.brands, '`brands` of the brand Acme').toEqual([{ brand: 'Acme', count: 4 }])
    const none = await read<Facets>(api, '/products/facets?category=no-such-category')
    expect(none, 'facets of nothing').toEqual({ total: 0, brands: [], categories: [], prices: [] })
  },
)

check(
  'price buckets have their bounds and are in order',
  {
    row: 'aggregation',
    brief:
      'for prices from 0 up to but not including 1000, from 1000 to 5000, from 5000 to 10000, from 10000 to 50000, and from 50000 up',
    hints: [
      'Into which bucket does a price of exactly 1000 belong?',
      '$bucket takes boundaries, the lower one inclusive; sort the buckets afterwards.',
    ],
  },
  async context => {
    const { api } = context
    const { root, grandchild } = await makeShelf(context)
    const bucket = (fromCents: number, toCents: number | null, count: number) => ({
      fromCents,
      toCents,
      count,
    })
    const facets = await read<Facets>(api, `/products/facets?${inCategory(root)}`)
    expect(facets.prices, '`prices`').toEqual([
      bucket(0, 1000, 2),
      bucket(1000, 5000, 2),
      bucket(5000, 10_000, 1),
      bucket(10_000, 50_000, 1),
      bucket(50_000, null, 1),
    ])
    const few = await read<Facets>(api, `/products/facets?${inCategory(grandchild)}&minPriceCents=1`)
    expect(few.prices, '`prices` with empty buckets').toEqual([
      bucket(10_000, 50_000, 1),
      bucket(50_000, null, 1),
    ])
  },
)

interface Top {
  readonly category: { readonly id: string; readonly name: string }
  readonly products: readonly unknown[]
}

check(
  'the best sellers of each category come first',
  {
    row: 'aggregation',
    brief: 'its products with the highest `sold`, each as',
    hints: [
      'A limit over all products is not a limit a category.',
      'Sort, then $group by category with $push, then $slice.',
    ],
  },
  async context => {
    const { api } = context
    const root = await createCategory(context)
    const child = await createCategory(context, { parentId: root.id })
    await createCategory(context, { parentId: root.id })
    const make = async (categoryId: string, priceCents: number, sold: number) => {
      const { id, name } = await createProduct(context, { categoryId, priceCents, stock: 10 })
      if (sold > 0) await purchase(api, id, sold)
      return { id, name, priceCents, sold }
    }
    const slow = await make(root.id, 100, 1)
    const dear = await make(root.id, 900, 5)
    const cheap = await make(root.id, 300, 5)
    const best = await make(root.id, 500, 7)
    const unsold = await make(child.id, 100, 0)
    const sold = await make(child.id, 200, 2)
    const expected = (rootProducts: readonly unknown[], childProducts: readonly unknown[]) =>
      [
        { category: { id: root.id, name: root.name }, products: rootProducts },
        { category: { id: child.id, name: child.name }, products: childProducts },
      ].sort(byCategory)
    const top = async (query: string) =>
      [...(await readItems<Top>(api, `/products/top?${query}`))].sort(byCategory)
    expect(await top(inCategory(root)), 'best sellers').toEqual(expected([best, cheap, dear], [sold, unsold]))
    expect(await top(`${inCategory(root)}&limit=1`), 'best sellers with limit=1').toEqual(
      expected([best], [sold]),
    )
    expect(await top(`${inCategory(root)}&limit=10`), 'best sellers with limit=10').toEqual(
      expected([best, cheap, dear, slow], [sold, unsold]),
    )
    const everywhere = await top('')
    expect(
      everywhere.filter(({ category }) => [root.id, child.id].includes(category.id)),
      'best sellers without `category`',
    ).toEqual(expected([best, cheap, dear], [sold, unsold]))
  },
)

const byCategory = (a: Top, b: Top) => (a.category.id < b.category.id ? -1 : 1)

check(
  'a query parameter with a bad value is named in a 400',
  {
    row: 'aggregation',
    brief: 'is answered with 400, and `errors` names it',
    hints: ['What does your server make of `limit=0`?', 'Check parameters like bodies, before you query.'],
  },
  async context => {
    const { api } = context
    for (const [path, field] of [
      ['/products?limit=0', 'limit'],
      ['/products?limit=101', 'limit'],
      ['/products?limit=two', 'limit'],
      ['/products?sort=stock', 'sort'],
      ['/products?cursor=made-up', 'cursor'],
      ['/products?minPriceCents=1.5', 'minPriceCents'],
      ['/products?maxPriceCents=cheap', 'maxPriceCents'],
      ['/products/facets?minPriceCents=-1', 'minPriceCents'],
      ['/products/top?limit=11', 'limit'],
      ['/products/top?limit=0', 'limit'],
    ] as const) {
      expect(await api.get(path)).toBeProblem(400, [field])
    }
  },
)

check(
  'a long list takes as many commands as a short one',
  {
    row: 'aggregation',
    brief: 'A list takes the same number of MongoDB commands whatever the number of its items.',
    hints: [
      'How does each product get the name of its category?',
      '$lookup joins all of them in the one command; a query for each item does not scale.',
    ],
  },
  async context => {
    const { api } = context
    const { root, products } = await makeShelf(context)
    const small = await api.get(`/products?${inCategory(root)}&limit=1`)
    const large = await api.get(`/products?${inCategory(root)}&limit=${products.length}`)
    expect(small).toHaveStatus(200)
    expect(large).toHaveStatus(200)
    const few = await mongoCommandsDuring(context, [small])
    const many = await mongoCommandsDuring(context, [large])
    expect(many.length, 'MongoDB commands of a list of seven, of one').toBe(few.length)
    expect(few.length, 'MongoDB commands of a list').toBeGreaterThan(0)
  },
)
