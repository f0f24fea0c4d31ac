import { type BenchAnswer, defineBench, inParallel } from '../kit/bench.js'

const ROOTS = 5
const LEAVES_EACH = 5
const PRODUCTS_EACH = 100
const BRANDS = 20

interface Product {
  readonly id: string
  readonly name: string
  readonly category: { readonly id: string; readonly name: string }
}

interface Data {
  readonly leaves: readonly string[]
  readonly products: readonly Product[]
}

function wrongProduct({ body }: BenchAnswer, product: Product | undefined): string | undefined {
  const read = Object(body) as Partial<Product>
  return read.id === product?.id &&
    read.name === product?.name &&
    read.category?.name === product?.category.name
    ? undefined
    : 'it is not the product that was asked for'
}

const sumOf = (counted: unknown): number =>
  Array.isArray(counted) ? counted.reduce((sum, one) => sum + Number(Object(one).count), 0) : Number.NaN

export const bench = defineBench<Data>({
  brief:
    'The rate of each scenario is set against that of the reference, measured in the same run: half of it gives all of the points.',
  hints: [
    'Which of the scenarios is slow, and which commands does one request of it send to MongoDB and Redis?',
    'A cached read is one command to Redis and no parsing of what is sent on as it is; facets are one pass over the products.',
  ],
  async prepare({ ask, random }) {
    const create = (path: string, body: object) =>
      ask({ method: 'POST', path, body }) as Promise<{ readonly id: string }>
    const leaves: string[] = []
    for (let root = 0; root < ROOTS; root++) {
      const parentId = (await create('/categories', { name: `Hall ${root}` })).id
      for (let leaf = 0; leaf < LEAVES_EACH; leaf++)
        leaves.push((await create('/categories', { name: `Shelf ${root} ${leaf}`, parentId })).id)
    }
    const drafts = leaves.flatMap((categoryId, leaf) =>
      Array.from({ length: PRODUCTS_EACH }, (_, n) => ({
        sku: `BENCH-${leaf}-${n}`,
        name: `${random.letters(8)} ${random.letters(6)} ${leaf} ${n}`,
        description: random.letters(120),
        brand: `Brand ${random.integer(1, BRANDS)}`,
        priceCents: random.integer(0, 60_000),
        stock: 10,
        categoryId,
      })),
    )
    const products = (await inParallel(drafts, 8, draft => create('/products', draft))) as Product[]
    await inParallel(products, 8, ({ id }) => ask({ path: `/products/${id}` }))
    return { leaves, products }
  },
  scenarios: [
    {
      id: 'cached-product',
      title: 'Cached products',
      weight: 2,
      connections: 8,
      request({ products }, random) {
        const product = products[random.integer(0, products.length - 1)]
        return { path: `/products/${product?.id}`, fault: answer => wrongProduct(answer, product) }
      },
    },
    {
      id: 'uncached-product',
      title: 'Products with cache=off',
      weight: 1,
      connections: 8,
      request({ products }, random) {
        const product = products[random.integer(0, products.length - 1)]
        return {
          path: `/products/${product?.id}?cache=off`,
          fault: answer =>
            answer.headers['x-cache'] === 'BYPASS'
              ? wrongProduct(answer, product)
              : `expected X-Cache: BYPASS, got ${answer.headers['x-cache']}`,
        }
      },
    },
    {
      id: 'facets',
      title: 'Facets with cache=off',
      weight: 2,
      connections: 4,
      request({ leaves }, random) {
        const leaf = leaves[random.integer(0, leaves.length - 1)]
        return {
          path: `/products/facets?category=${leaf}&cache=off`,
          fault({ body }) {
            const { total, brands, categories, prices } = Object(body)
            return [total, sumOf(brands), sumOf(categories), sumOf(prices)].every(
              count => count === PRODUCTS_EACH,
            )
              ? undefined
              : `expected ${PRODUCTS_EACH} products in total and in each facet, got ${total}`
          },
        }
      },
    },
  ],
  comparisons: [
    { title: 'Cached against uncached products', fast: 'cached-product', slow: 'uncached-product' },
  ],
  slow: [
    {
      id: 'no-cache',
      file: 'cached-reads.ts',
      find: "ctx.query.cache === 'off'",
      replace: "ctx.query.cache === 'off' || resource === 'product'",
      because: 'Every product is read from MongoDB.',
    },
  ],
})
