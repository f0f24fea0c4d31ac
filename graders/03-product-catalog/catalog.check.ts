import { expect } from 'vitest'
import {
  type Category,
  change,
  createCategory,
  createProduct,
  newProduct,
  type Product,
  purchase,
  read,
  readItems,
  remove,
} from './resources.js'
import { check } from './rubric.js'

check(
  'a category and a product are read back as they were sent',
  {
    row: 'catalog',
    brief: 'Creating answers 201, and the category or product is read back as it was sent',
    hints: [
      'Compare what you store with what you answer, field by field.',
      'POST answers the resource itself, with the id and times that you gave it, and status 201.',
    ],
  },
  async context => {
    const { api, random } = context
    const root = { name: `Home ${random.letters(6)}` }
    const posted = await api.post('/categories', root)
    expect(posted).toHaveStatus(201)
    const parent = posted.body as Category
    expect(parent, 'the answer to POST /categories').toMatchObject({ ...root, parentId: null })
    const child = await createCategory(context, { parentId: parent.id })
    expect(await read(api, `/categories/${child.id}`), 'the category read back').toEqual(child)
    expect(child.parentId, '`parentId` of a child').toBe(parent.id)

    const sent = newProduct(context, {
      description: 'Two litres, "matt" 🫖',
      brand: 'Ünal & Söhne',
      priceCents: random.integer(1, 99_999),
      stock: 7,
      categoryId: child.id,
    })
    const answer = await api.post('/products', sent)
    expect(answer).toHaveStatus(201)
    const product = answer.body as Product
    const expected = { ...sent, sold: 0, category: { id: child.id, name: child.name } }
    expect(product, 'the answer to POST /products').toMatchObject(expected)
    const again = await read<Product>(api, `/products/${product.id}`)
    expect(again, 'the product read back').toMatchObject(expected)
    expect(Object.keys(again).sort(), 'fields of a product').toEqual([
      'brand',
      'category',
      'categoryId',
      'createdAt',
      'description',
      'id',
      'name',
      'priceCents',
      'sku',
      'sold',
      'stock',
      'updatedAt',
    ])
    expect(Object.keys(child).sort(), 'fields of a category').toEqual([
      'createdAt',
      'id',
      'name',
      'parentId',
      'updatedAt',
    ])
    const bare = await createProduct(context, { categoryId: child.id })
    expect(bare, 'a product of required fields only').toMatchObject({ description: '', stock: 0, sold: 0 })
  },
)

check(
  'PATCH changes the fields that are sent and no other',
  {
    row: 'catalog',
    brief: '`PATCH` changes the fields that are sent and leaves all others as they are.',
    hints: [
      'What does your update do with a field that the body does not have?',
      'Give $set the fields that are present; the defaults are for POST.',
    ],
  },
  async context => {
    const { api } = context
    const product = await createProduct(context, { description: 'Blue', stock: 5, brand: 'Bell' })
    await change(api, `/products/${product.id}`, { name: 'Kettle, green' })
    const { updatedAt: _, ...kept } = { ...product, name: 'Kettle, green' }
    expect(await read(api, `/products/${product.id}`), 'the product after a PATCH of `name`').toMatchObject(
      kept,
    )
    const parent = await createCategory(context)
    const category = await createCategory(context, { parentId: parent.id })
    await change(api, `/categories/${category.id}`, { name: 'Renamed' })
    expect(
      await read(api, `/categories/${category.id}`),
      'the category after a PATCH of `name`',
    ).toMatchObject({ name: 'Renamed', parentId: parent.id })
    await change(api, `/categories/${category.id}`, { parentId: null })
    expect(
      await read(api, `/categories/${category.id}`),
      'the category after a PATCH of `parentId`',
    ).toMatchObject({ name: 'Renamed', parentId: null })
  },
)

check(
  'what was deleted, and what never was, answers 404',
  {
    row: 'catalog',
    brief:
      'What was deleted is gone: reading, changing and deleting it answer 404, and so does any text that is no id, and a path that is none of the routes.',
    hints: [
      'What does MongoDB say when a filter matches nothing?',
      'matchedCount and deletedCount tell; a text that is no ObjectId must not become a 500.',
    ],
  },
  async context => {
    const { api } = context
    const product = await createProduct(context)
    const category = await createCategory(context)
    for (const path of [`/products/${product.id}`, `/categories/${category.id}`]) {
      expect(await api.delete(path)).toHaveStatus(204)
      expect(await api.get(path)).toBeProblem(404)
      expect(await api.patch(path, { name: 'Anything' })).toBeProblem(404)
      expect(await api.delete(path)).toBeProblem(404)
    }
    expect(await api.post(`/products/${product.id}/purchases`, { quantity: 1 })).toBeProblem(404)
    expect(await api.get('/nothing')).toBeProblem(404)
    for (const odd of ['no-such-id', '1', '%7B%22%24ne%22%3A1%7D']) {
      expect(await api.get(`/products/${odd}`)).toBeProblem(404)
      expect(await api.get(`/categories/${odd}`)).toBeProblem(404)
    }
  },
)

check(
  'every bad field is named, and nothing is written',
  {
    row: 'catalog',
    brief: 'A body with bad fields is answered with 422, and `errors` names every bad field',
    hints: [
      'Which limit does each field of the tables have?',
      'Check all fields before you answer, names that clients do not write included.',
    ],
  },
  async context => {
    const { api } = context
    const categoryId = (await createCategory(context)).id
    const bad = [
      [{ priceCents: 19.99 }, ['priceCents']],
      [{ priceCents: '1999' }, ['priceCents']],
      [{ priceCents: -1 }, ['priceCents']],
      [{ priceCents: 100_000_001 }, ['priceCents']],
      [{ stock: -1, name: '' }, ['name', 'stock']],
      [{ stock: 1.5 }, ['stock']],
      [{ sku: 'with space' }, ['sku']],
      [{ sku: 'x'.repeat(41) }, ['sku']],
      [{ name: 'x'.repeat(201), brand: 7 }, ['brand', 'name']],
      [{ brand: '', description: 'x'.repeat(2001) }, ['brand', 'description']],
      [{ brand: 'x'.repeat(101), stock: 1_000_001 }, ['brand', 'stock']],
      [{ brand: undefined, priceCents: undefined }, ['brand', 'priceCents']],
      [{ description: null }, ['description']],
      [{ sold: 5 }, ['sold']],
      [{ color: 'red', id: 'mine' }, ['color', 'id']],
    ] as const
    for (const [fields, names] of bad) {
      const sent = newProduct(context, { categoryId, ...fields })
      expect(await api.post('/products', sent)).toBeProblem(422, names)
    }
    expect(
      await readItems(api, `/products?category=${encodeURIComponent(categoryId)}`),
      'products after rejected requests',
    ).toEqual([])
    const product = await createProduct(context, { categoryId })
    expect(await api.patch(`/products/${product.id}`, { priceCents: 0.5, sold: 1 })).toBeProblem(422, [
      'priceCents',
      'sold',
    ])
    expect(await read(api, `/products/${product.id}`), 'the product after a rejected PATCH').toMatchObject({
      priceCents: product.priceCents,
      sold: 0,
    })
    expect(await api.post('/categories', { name: '', color: 'red' })).toBeProblem(422, ['color', 'name'])
    for (const name of ['', 'x'.repeat(101)]) {
      expect(await api.post('/categories', { name })).toBeProblem(422, ['name'])
      expect(await api.patch(`/categories/${categoryId}`, { name })).toBeProblem(422, ['name'])
    }
    for (const quantity of [0, -1, 1.5, '1', 1001, undefined]) {
      expect(await api.post(`/products/${product.id}/purchases`, { quantity })).toBeProblem(422, ['quantity'])
    }
  },
)

check(
  'what reaches a limit and does not break it is good',
  {
    row: 'catalog',
    brief:
      'a bad field is one that is required and missing, has the wrong type, breaks a limit of the tables, or is not one that a client writes.',
    hints: [
      'Is a limit itself inside or outside?',
      'All limits are inclusive: compare with `<=`, and count characters, not bytes.',
    ],
  },
  async context => {
    const { api, random } = context
    const { id: categoryId } = await createCategory(context)
    const least = { name: 'K', description: '', brand: 'B', priceCents: 0, stock: 0 }
    const most = {
      sku: random.letters(40),
      name: 'x'.repeat(200),
      description: 'x'.repeat(2000),
      brand: 'x'.repeat(100),
      priceCents: 100_000_000,
      stock: 1_000_000,
    }
    for (const fields of [{ sku: random.letters(1), ...least }, most]) {
      const answer = await api.post('/products', newProduct(context, { categoryId, ...fields }))
      expect(answer).toHaveStatus([200, 201])
      expect(answer.body, 'the product in the answer').toMatchObject(fields)
    }
    const product = await createProduct(context, { categoryId, stock: 1000 })
    expect(await api.post(`/products/${product.id}/purchases`, { quantity: 1000 })).toHaveStatus([200, 201])
    for (const name of ['K', 'x'.repeat(100)]) {
      expect((await createCategory(context, { name })).name, '`name` of the category').toBe(name)
      const { body } = await change(api, `/categories/${categoryId}`, { name })
      expect(body, 'the category after the change').toMatchObject({ name })
    }
  },
)

check(
  'a category that nobody has is a bad field',
  {
    row: 'catalog',
    brief: 'A `categoryId` or `parentId` that no category has is a bad field.',
    hints: [
      'MongoDB knows no foreign keys: who looks?',
      'Look the category up before you write, for POST and for PATCH, also when other fields are bad.',
    ],
  },
  async context => {
    const { api } = context
    const gone = await createCategory(context)
    await remove(api, `/categories/${gone.id}`)
    const product = await createProduct(context)
    for (const id of [gone.id, 'nobody', 7]) {
      expect(await api.post('/products', newProduct(context, { categoryId: id }))).toBeProblem(422, [
        'categoryId',
      ])
      expect(await api.patch(`/products/${product.id}`, { categoryId: id })).toBeProblem(422, ['categoryId'])
      expect(await api.post('/categories', { name: 'Orphan', parentId: id })).toBeProblem(422, ['parentId'])
    }
    const both = newProduct(context, { categoryId: gone.id, priceCents: -1 })
    expect(await api.post('/products', both)).toBeProblem(422, ['categoryId', 'priceCents'])
    expect(await api.post('/categories', { name: '', parentId: gone.id })).toBeProblem(422, [
      'name',
      'parentId',
    ])
  },
)

check(
  'a sku is unique, also for requests in parallel',
  {
    row: 'catalog',
    brief: 'of several requests in parallel with one new `sku` exactly one succeeds, and the others get 409.',
    hints: [
      'What happens between your look-up and your insert?',
      'A unique index decides; answer its duplicate key error (code 11000) with 409.',
    ],
  },
  async context => {
    const { api, random } = context
    const { id: categoryId } = await createCategory(context)
    const first = await createProduct(context, { categoryId })
    const second = await createProduct(context, { categoryId })
    expect(await api.post('/products', newProduct(context, { categoryId, sku: first.sku }))).toBeProblem(409)
    expect(await api.patch(`/products/${second.id}`, { sku: first.sku })).toBeProblem(409)
    expect(await api.patch(`/products/${first.id}`, { sku: first.sku })).toHaveStatus(200)
    const sku = `P-${random.letters(12)}`
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api.post('/products', newProduct(context, { categoryId, sku }))),
    )
    const statuses = answers.map(({ status }) => (status === 200 ? 201 : status)).sort()
    expect(statuses, 'statuses of eight POSTs in parallel with one sku').toEqual([201, ...Array(7).fill(409)])
  },
)

check(
  'GET /categories gives the tree',
  {
    row: 'catalog',
    brief: 'every category there has the fields of a category and `children`, a list of the same kind',
    hints: [
      'How deep may categories be nested?',
      'Read all categories once and join children to parents in memory.',
    ],
  },
  async context => {
    const { api } = context
    const root = await createCategory(context)
    const left = await createCategory(context, { parentId: root.id })
    const right = await createCategory(context, { parentId: root.id })
    const deep = await createCategory(context, { parentId: left.id })
    const deeper = await createCategory(context, { parentId: deep.id })
    const items = await readItems<Category & { readonly children: readonly Category[] }>(api, '/categories')
    const tree = items.find(({ id }) => id === root.id)
    const byId = (a: Category, b: Category) => (a.id < b.id ? -1 : 1)
    const sorted = tree && { ...tree, children: [...(tree.children ?? [])].sort(byId) }
    expect(sorted, 'the root in the tree').toEqual({
      ...root,
      children: [
        { ...left, children: [{ ...deep, children: [{ ...deeper, children: [] }] }] },
        { ...right, children: [] },
      ].sort(byId),
    })
    expect(
      items.some(({ id }) => id === left.id),
      'whether a child is among the roots',
    ).toBe(false)
  },
)

check(
  'a category is not moved below itself',
  {
    row: 'catalog',
    brief:
      "A category cannot be moved below itself: a `parentId` that is the category's own id or that of one of its descendants is a bad field.",
    hints: [
      'What does the tree look like when a parent is its own grandchild?',
      'Collect the category and everything below it, and refuse those as parents.',
    ],
  },
  async context => {
    const { api } = context
    const root = await createCategory(context)
    const child = await createCategory(context, { parentId: root.id })
    const grandchild = await createCategory(context, { parentId: child.id })
    for (const parentId of [root.id, child.id, grandchild.id]) {
      expect(await api.patch(`/categories/${root.id}`, { parentId })).toBeProblem(422, ['parentId'])
    }
    expect(await api.patch(`/categories/${grandchild.id}`, { parentId: root.id })).toHaveStatus(200)
  },
)

check(
  'a category with products or children is not deleted',
  {
    row: 'catalog',
    brief: 'Deleting a category that still has products or children answers 409 and deletes nothing.',
    hints: ['What would become of its products?', 'Look for one product and one child before you delete.'],
  },
  async context => {
    const { api } = context
    const parent = await createCategory(context)
    const child = await createCategory(context, { parentId: parent.id })
    const product = await createProduct(context, { categoryId: child.id })
    for (const category of [parent, child]) {
      expect(await api.delete(`/categories/${category.id}`)).toBeProblem(409)
      expect(await api.get(`/categories/${category.id}`)).toHaveStatus(200)
    }
    await remove(api, `/products/${product.id}`)
    expect(await api.delete(`/categories/${child.id}`)).toHaveStatus(204)
    expect(await api.delete(`/categories/${parent.id}`)).toHaveStatus(204)
  },
)

check(
  'a purchase takes from the stock, and no more than there is',
  {
    row: 'catalog',
    brief: 'takes `n` from `stock` and adds it to `sold`. With less than `n` in stock it answers 409',
    hints: [
      'What is left after the last piece?',
      'Compare the stock with the quantity in the filter of the update itself.',
    ],
  },
  async context => {
    const { api } = context
    const { id } = await createProduct(context, { stock: 5 })
    const bought = await api.post(`/products/${id}/purchases`, { quantity: 3 })
    expect(bought).toHaveStatus(200)
    expect(bought.body, 'the answer to the purchase').toMatchObject({ id, stock: 2, sold: 3 })
    expect(await api.post(`/products/${id}/purchases`, { quantity: 3 })).toBeProblem(409)
    await purchase(api, id, 2)
    expect(await api.post(`/products/${id}/purchases`, { quantity: 1 })).toBeProblem(409)
    const [stored] = await readItems<Product>(api, `/products?sort=-createdAt&limit=1`)
    expect(stored, 'the product after all purchases').toMatchObject({ id, stock: 0, sold: 5 })
  },
)

check(
  'fifty purchases in parallel leave exact numbers',
  {
    row: 'catalog',
    brief: 'Fifty purchases in parallel leave exact numbers',
    hints: [
      'Fifty requests read the stock at the same time: what does each of them write?',
      'One update that filters by the stock and subtracts with $inc cannot be interleaved.',
    ],
  },
  async context => {
    const { api, random, faults } = context
    const stock = random.integer(20, 40)
    const product = await createProduct(context, { stock })
    // Whoever reads before it writes has several others read in between.
    await faults.mongodb.delay(10)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.post(`/products/${product.id}/purchases`, { quantity: 1 })),
    )
    await faults.mongodb.heal()
    const bought = answers.filter(({ status }) => status === 200).length
    for (const answer of answers) expect(answer).toHaveStatus([200, 409])
    expect(bought, `purchases that succeeded, with ${stock} in stock`).toBe(stock)
    const [stored] = await readItems<Product>(
      api,
      `/products?category=${encodeURIComponent(product.categoryId)}`,
    )
    expect(stored, 'the product after fifty purchases').toMatchObject({ stock: 0, sold: stock })
  },
)
