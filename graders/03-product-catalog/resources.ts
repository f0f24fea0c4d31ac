import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import type { CheckContext } from '../kit/check.js'

export interface Category {
  readonly id: string
  readonly name: string
  readonly parentId: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Product {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly brand: string
  readonly priceCents: number
  readonly stock: number
  readonly sold: number
  readonly categoryId: string
  readonly category: { readonly id: string; readonly name: string }
  readonly createdAt: string
  readonly updatedAt: string
}

type Writable<T> = Partial<Record<keyof T, unknown>>
type Maker = Pick<CheckContext, 'api' | 'random'>

/** A body for `POST /products` with a SKU that no other product has. */
export function newProduct({ random }: Pick<CheckContext, 'random'>, fields: Writable<Product>) {
  return {
    sku: `S-${random.letters(14)}`,
    name: `Kettle ${random.letters(6)}`,
    brand: 'Acme',
    priceCents: 1999,
    ...fields,
  }
}

/** Creates a category; which 2xx answers is the row `catalog`'s business. */
export async function createCategory({ api, random }: Maker, fields: Writable<Category> = {}) {
  return created<Category>(await api.post('/categories', { name: `Kitchen ${random.letters(6)}`, ...fields }))
}

/** Creates a product, in a category of its own unless the fields name one. */
export async function createProduct(context: Maker, fields: Writable<Product> = {}) {
  const categoryId = fields.categoryId ?? (await createCategory(context)).id
  return created<Product>(await context.api.post('/products', newProduct(context, { ...fields, categoryId })))
}

function created<T extends { readonly id: string }>(answer: Answer): T {
  expect(answer).toHaveStatus([200, 201])
  expect(typeof Object(answer.body).id, 'type of the `id` of what was created').toBe('string')
  return answer.body as T
}

/** Reads one resource that must be there. */
export async function read<T>(api: Api, path: string): Promise<T> {
  const answer = await api.get(path)
  expect(answer).toHaveStatus(200)
  return answer.body as T
}

/** Reads `items` of a list. */
export async function readItems<T>(api: Api, path: string): Promise<readonly T[]> {
  const { items } = Object(await read(api, path)) as { items?: unknown }
  expect(Array.isArray(items), `whether \`items\` of GET ${path} is an array`).toBe(true)
  return items as T[]
}

/** Changes a product or a category, which must work. */
export async function change(api: Api, path: string, changes: object): Promise<Answer> {
  const answer = await api.patch(path, changes)
  expect(answer).toHaveStatus(200)
  return answer
}

/** Deletes what was created. */
export async function remove(api: Api, path: string): Promise<void> {
  expect(await api.delete(path)).toHaveStatus([200, 202, 204])
}

/** Buys, which must work. */
export async function purchase(api: Api, productId: string, quantity: number): Promise<void> {
  expect(await api.post(`/products/${productId}/purchases`, { quantity })).toHaveStatus([200, 201])
}

/** Reads twice, so that a server with a cache has the answer in it. */
export async function warm(api: Api, path: string): Promise<void> {
  expect(await api.get(path)).toHaveStatus(200)
  expect(await api.get(path)).toHaveStatus(200)
}
