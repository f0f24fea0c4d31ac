import { readFile } from 'node:fs/promises'

interface Seed {
  readonly categories: readonly { readonly name: string; readonly parent: string | null }[]
  readonly products: readonly ({ readonly category: string; readonly purchased: number } & object)[]
}

/** Sends seed.json to the running server: `node --import tsx src/seed.ts http://127.0.0.1:3000`. */
const [url = 'http://127.0.0.1:3000'] = process.argv.slice(2)
const seed: Seed = JSON.parse(await readFile(new URL('../seed.json', import.meta.url), 'utf8'))

const ids = new Map<string, string>()
for (const { name, parent } of seed.categories) {
  const category = await post('/categories', { name, parentId: parent === null ? null : ids.get(parent) })
  ids.set(name, category.id)
}
for (const { category, purchased, ...fields } of seed.products) {
  const product = await post('/products', { ...fields, categoryId: ids.get(category) })
  if (purchased > 0) await post(`/products/${product.id}/purchases`, { quantity: purchased })
}

async function post(path: string, body: object): Promise<{ id: string }> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`)
  return response.json() as Promise<{ id: string }>
}
