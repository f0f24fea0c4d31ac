import type { Collection, Document, ObjectId } from 'mongodb'
import { z } from 'zod'
import type { StoredProduct } from './database.js'
import { id, text } from './fields.js'

const sku = z.string().regex(/^[A-Za-z0-9-]{1,40}$/, 'must be 1 to 40 letters, digits and hyphens')
const name = text(1, 200)
const description = text(0, 2000)
const brand = text(1, 100)
const priceCents = z.int().min(0).max(100_000_000)
const stock = z.int().min(0).max(1_000_000)

export const productDraftSchema = z.strictObject({
  sku,
  name,
  description: description.default(''),
  brand,
  priceCents,
  stock: stock.default(0),
  categoryId: id,
})

// Without the defaults: what a PATCH leaves out stays as it is.
export const productChangesSchema = z.strictObject({
  sku: sku.exactOptional(),
  name: name.exactOptional(),
  description: description.exactOptional(),
  brand: brand.exactOptional(),
  priceCents: priceCents.exactOptional(),
  stock: stock.exactOptional(),
  categoryId: id.exactOptional(),
})

type ProductWithCategory = StoredProduct & {
  readonly category: { readonly _id: ObjectId; readonly name: string }
}

/** Stages that give every product its category. */
const withCategory: readonly Document[] = [
  { $lookup: { from: 'categories', localField: 'categoryId', foreignField: '_id', as: 'category' } },
  { $unwind: '$category' },
]

function toProduct({ _id, categoryId, category, ...fields }: ProductWithCategory) {
  return { id: _id, ...fields, categoryId, category: { id: category._id, name: category.name } }
}

/** Products with their categories, in the order that `stages` give them: one command. */
export async function aggregateProducts(products: Collection<StoredProduct>, stages: readonly Document[]) {
  const found = await products.aggregate<ProductWithCategory>([...stages, ...withCategory]).toArray()
  return found.map(toProduct)
}

export async function findProduct(products: Collection<StoredProduct>, id: ObjectId) {
  const [product] = await aggregateProducts(products, [{ $match: { _id: id } }])
  return product
}
