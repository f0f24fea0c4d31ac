import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { type Category, type Product, purchase } from './resources.js'

interface Seed {
  readonly categories: readonly { readonly name: string; readonly parent: string | null }[]
  readonly products: readonly {
    readonly sku: string
    readonly name: string
    readonly description: string
    readonly brand: string
    readonly priceCents: number
    readonly stock: number
    readonly category: string
    readonly purchased: number
  }[]
}

// From dist/graders/03-product-catalog. The learner has a copy of the template's file.
const file = new URL('../../../templates/03-product-catalog/seed.json', import.meta.url)

/** The data on which the documented pipelines run. */
export const seed = JSON.parse(readFileSync(file, 'utf8')) as Seed

/** Sends the seed to the app as the brief says, unless it is there already. */
export async function sendSeed({ api, mongo }: CheckContext): Promise<void> {
  const skus = seed.products.map(({ sku }) => sku)
  const there = await mongo.collection('products').countDocuments({ sku: { $in: skus } })
  if (there === skus.length) return
  const ids = new Map<string, string>()
  for (const { name, parent } of seed.categories) {
    const answer = await api.post('/categories', { name, parentId: parent && ids.get(parent) })
    expect(answer).toHaveStatus([200, 201])
    ids.set(name, (answer.body as Category).id)
  }
  for (const { category, purchased, ...fields } of seed.products) {
    const answer = await api.post('/products', { ...fields, categoryId: ids.get(category) })
    expect(answer).toHaveStatus([200, 201])
    if (purchased > 0) await purchase(api, (answer.body as Product).id, purchased)
  }
}
