import type { Collection, Db, ObjectId } from 'mongodb'

export interface StoredCategory {
  readonly _id: ObjectId
  readonly name: string
  readonly parentId: ObjectId | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface StoredProduct {
  readonly _id: ObjectId
  readonly sku: string
  readonly name: string
  readonly description: string
  readonly brand: string
  readonly priceCents: number
  readonly stock: number
  readonly sold: number
  readonly categoryId: ObjectId
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Database {
  readonly categories: Collection<StoredCategory>
  readonly products: Collection<StoredProduct>
}

/** The collections, with their indexes made: MongoDB leaves alone those that are there already. */
export async function openDatabase(db: Db): Promise<Database> {
  const categories = db.collection<StoredCategory>('categories')
  const products = db.collection<StoredProduct>('products')
  await categories.createIndexes([{ key: { parentId: 1 } }])
  await products.createIndexes([
    { key: { sku: 1 }, unique: true },
    // The id breaks ties: a page begins exactly after the last item of the one before.
    { key: { createdAt: 1, _id: 1 } },
    { key: { priceCents: 1, _id: 1 } },
    { key: { categoryId: 1, priceCents: 1 } },
    { key: { brand: 1, priceCents: 1 } },
    {
      name: 'text',
      key: { name: 'text', description: 'text' },
      weights: { name: 10, description: 1 },
      default_language: 'english',
      // Otherwise a field `language` of a document would change how its words are read.
      language_override: 'none',
    },
  ])
  return { categories, products }
}
