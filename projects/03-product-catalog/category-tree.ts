import type { Collection, ObjectId } from 'mongodb'
import type { StoredCategory } from './database.js'

/** A category and all below it. */
export async function subtree(
  categories: Collection<StoredCategory>,
  root: ObjectId,
): Promise<readonly ObjectId[]> {
  const edges = await categories.find({}, { projection: { parentId: 1 } }).toArray()
  const found = new Map([[root.toHexString(), root]])
  // A Map also goes through what is added meanwhile, and takes each category once.
  for (const parent of found.values()) {
    for (const { _id, parentId } of edges) if (parentId?.equals(parent)) found.set(_id.toHexString(), _id)
  }
  return [...found.values()]
}

interface Category {
  readonly id: string
  readonly parentId: string | null
}

interface CategoryNode extends Category {
  readonly children: readonly CategoryNode[]
}

/** The roots among the categories, each with its `children`, and so on. */
export function treeOf(categories: readonly Category[], parentId: string | null = null): CategoryNode[] {
  return categories
    .filter(category => category.parentId === parentId)
    .map(category => ({ ...category, children: treeOf(categories, category.id) }))
}
