// Measures the reads of docs/benchmarks.md against the server at APP_URL and prints its table.
const { APP_URL = 'http://127.0.0.1:3000' } = process.env
const READS = 100
const PARALLEL = 4

async function post(path, body) {
  const response = await fetch(APP_URL + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}`)
  return response.json()
}

async function read(path) {
  const startedAt = performance.now()
  const response = await fetch(APP_URL + path)
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`)
  return performance.now() - startedAt
}

/** Milliseconds of each read, in ascending order, and reads a second. */
async function measure(path) {
  for (let n = 0; n < READS / 10; n++) await read(path)
  const times = []
  const startedAt = performance.now()
  const reader = async () => {
    for (let n = 0; n < READS / PARALLEL; n++) times.push(await read(path))
  }
  await Promise.all(Array.from({ length: PARALLEL }, reader))
  const seconds = (performance.now() - startedAt) / 1000
  return { times: times.sort((a, b) => a - b), perSecond: READS / seconds }
}

const mark = Date.now().toString(36)
const category = await post('/categories', { name: `Benchmark ${mark}` })
const products = []
for (let n = 0; n < 20; n++) {
  products.push(
    await post('/products', {
      sku: `BENCH-${mark}-${n}`,
      name: `Benchmark ${n}`,
      brand: `Brand ${n % 7}`,
      priceCents: n * 997,
      categoryId: category.id,
    }),
  )
}
const product = `/products/${products[0].id}`
const facets = `/products/facets?category=${category.id}`

console.log('| Read | Requests per second | p50 ms | p99 ms |')
console.log('|---|---|---|---|')
for (const [name, path] of [
  ['product cached', product],
  ['product uncached', `${product}?cache=off`],
  ['facets cached', facets],
  ['facets uncached', `${facets}&cache=off`],
]) {
  const { times, perSecond } = await measure(path)
  const percentile = part => times[Math.ceil(times.length * part) - 1].toFixed(2)
  console.log(`| ${name} | ${Math.round(perSecond)} | ${percentile(0.5)} | ${percentile(0.99)} |`)
}
