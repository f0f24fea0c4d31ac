import type { RouterInstance } from '@koa/router'
import { ObjectId } from 'mongodb'
import { z } from 'zod'
import { jsonBody } from '../shared/json-body.js'
import { found, Problem } from '../shared/problem-details.js'
import type { Deps } from './app.js'
import { facetsGeneration, productKey } from './cache-keys.js'
import { subtree, treeOf } from './category-tree.js'
import type { StoredCategory } from './database.js'
import { id, parseWithCategory, pathId, text } from './fields.js'

const draftSchema = z.strictObject({ name: text(1, 100), parentId: id.nullable().default(null) })
const changesSchema = z.strictObject({
  name: text(1, 100).exactOptional(),
  parentId: id.nullable().exactOptional(),
})

export function routeCategories(router: RouterInstance, { categories, products, cache }: Deps): void {
  router.post('/categories', jsonBody, async ctx => {
    const draft = await parseWithCategory(draftSchema, ctx.request.body, {
      field: 'parentId',
      refuse: refuseUnknown,
    })
    const now = new Date()
    const category = { _id: new ObjectId(), ...draft, createdAt: now, updatedAt: now }
    await categories.insertOne(category)
    ctx.status = 201
    ctx.set('Location', `/categories/${category._id}`)
    ctx.body = toCategory(category)
  })

  router.get('/categories', async ctx => {
    const all = await categories.find().sort({ name: 1 }).toArray()
    ctx.body = { items: treeOf(all.map(toCategory)) }
  })

  router.get('/categories/:id', async ctx => {
    ctx.body = toCategory(found((await categories.findOne({ _id: pathId(ctx) })) ?? undefined))
  })

  router.patch('/categories/:id', jsonBody, async ctx => {
    const _id = pathId(ctx)
    const changes = await parseWithCategory(changesSchema, ctx.request.body, {
      field: 'parentId',
      async refuse(parent) {
        const below = await subtree(categories, _id)
        if (below.some(each => each.equals(parent))) return 'must not be the category itself or below it'
        return refuseUnknown(parent)
      },
    })
    const category = await categories.findOneAndUpdate(
      { _id },
      { $set: { ...changes, updatedAt: new Date() } },
      { returnDocument: 'after' },
    )
    // All of its products show its name.
    const shown = await products.find({ categoryId: _id }, { projection: { _id: 1 } }).toArray()
    await cache.drop(facetsGeneration, ...shown.map(product => productKey(product._id)))
    ctx.body = toCategory(found(category ?? undefined))
  })

  router.delete('/categories/:id', async ctx => {
    const _id = pathId(ctx)
    const [product, child] = await Promise.all([
      products.findOne({ categoryId: _id }, { projection: { _id: 1 } }),
      categories.findOne({ parentId: _id }, { projection: { _id: 1 } }),
    ])
    if (product || child) throw new Problem(409, { detail: 'The category still has products or children.' })
    found((await categories.deleteOne({ _id })).deletedCount > 0)
    ctx.status = 204
  })

  async function refuseUnknown(_id: ObjectId): Promise<string | undefined> {
    return (await categories.findOne({ _id })) ? undefined : 'must be the id of a category'
  }
}

function toCategory({ _id, name, parentId, createdAt, updatedAt }: StoredCategory) {
  return { id: _id.toHexString(), name, parentId: parentId?.toHexString() ?? null, createdAt, updatedAt }
}
