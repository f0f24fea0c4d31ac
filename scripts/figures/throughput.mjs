import path from 'node:path'
import autocannon from 'autocannon'
import getPort from 'get-port'
import { startApp } from '../../dist/cli/engine/app.js'
import { getProject } from '../../dist/cli/engine/find-project.js'
import { settingsFrom } from '../../dist/cli/engine/grader.js'
import { referenceDir, referenceMain } from '../../dist/cli/engine/project-files.js'
import { startServices } from '../../dist/cli/engine/stack.js'
import { median, print } from './measure.mjs'

const WINDOW_S = 2
const ROUNDS = 5

/**
 * The cached reads of the references, against a bare Koa app that answers the same bytes, and against one that reads
 * them from Redis, once for each answer: the most that a cache in Redis can reach.
 */
export async function throughput(context) {
  await against('project-4', 'warm feed page of 20 posts', warmFeed, context)
  await against('project-3', 'cached product', cachedProduct, context)
}

async function against(id, what, prepare, { home, run }) {
  const project = getProject(id)
  const services = await startServices(project, {
    home,
    run,
    provider: 'local',
    ...settingsFrom(process.env),
  })
  const stack = await services.openStack()
  const apps = []
  try {
    const start = async (command, cwd, env) => {
      const port = await getPort({ host: '127.0.0.1' })
      const app = await startApp({ command, cwd, env, inherited: process.env, port, run })
      apps.push(app)
      return app.url
    }
    // Around the taps, which would be measured, too.
    const urls = { postgres: 'DATABASE_URL', redis: 'REDIS_URL', mongodb: 'MONGODB_URL' }
    const around = Object.entries(stack.urls).map(([kind, url]) => [urls[kind], url])
    const reference = await start(`node ${referenceMain(project)}`, referenceDir(project), {
      ...project.variants[0],
      ...stack.env,
      ...Object.fromEntries(around),
      NODE_ENV: 'production',
    })
    const page = await prepare(reference)
    const body = await (await fetch(reference + page)).arrayBuffer()
    const startBare = env =>
      start(`node ${path.join(import.meta.dirname, 'bare-koa.mjs')}`, import.meta.dirname, {
        BODY: Buffer.from(body).toString('base64'),
        NODE_ENV: 'production',
        ...env,
      })
    const urlOf = {
      reference,
      'bare Koa': await startBare({}),
      'bare Koa with Redis': await startBare({ REDIS_URL: stack.urls.redis }),
    }
    const names = Object.keys(urlOf)
    const windows = Object.fromEntries(names.map(name => [name, []]))
    const load = name => loaded(urlOf[name] + page, body.byteLength)
    for (const name of names) await load(name)
    for (let n = 0; n < ROUNDS; n++) {
      for (const name of [...names, ...[...names].reverse()]) windows[name].push(await load(name))
    }
    const of = (name, value) => median(windows[name].map(value))
    const rate = name => of(name, one => one.requests.average)
    const times = (one, other) => `${(rate(one) / rate(other)).toFixed(2)} times`
    for (const bare of names.slice(1)) print(`${what}, against ${bare}`, times('reference', bare))
    print('  bare Koa with Redis, against bare Koa', times('bare Koa with Redis', 'bare Koa'))
    for (const name of names) {
      const latency = percentile => of(name, one => one.latency[percentile])
      print(
        `  ${name}: requests per second, p50, p99`,
        `${Math.round(rate(name))}, ${latency('p50')} ms, ${latency('p99')} ms`,
      )
    }
  } finally {
    await Promise.all(apps.map(app => app.stop()))
    await stack.stop()
    await services.stop()
  }
}

/** Ten connections for a window. Another answer than the wanted bytes would measure something else. */
async function loaded(url, bytes) {
  const result = await autocannon({ url, connections: 10, duration: WINDOW_S })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} bad answers and ${result.errors} errors`)
  const least = result['2xx'] * bytes
  if (result.throughput.total < least * 0.9)
    throw new Error(`${url}: answers are shorter than ${bytes} bytes`)
  return result
}

const send = async (method, url, body) => {
  const answer = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}

async function warmFeed(url) {
  const users = []
  for (let n = 0; n < 5; n++) users.push(await send('POST', `${url}/users`, { name: `User ${n}` }))
  const [reader, ...authors] = users
  for (const { id } of authors) await send('PUT', `${url}/users/${reader.id}/following/${id}`)
  for (let n = 0; n < 40; n++)
    await send('POST', `${url}/posts`, {
      userId: authors[n % authors.length].id,
      text: `Post ${n}: ${'word '.repeat(12)}`,
    })
  const page = `/users/${reader.id}/feed`
  await send('GET', url + page)
  return page
}

async function cachedProduct(url) {
  const { id: categoryId } = await send('POST', `${url}/categories`, { name: 'Kitchen' })
  const product = {
    sku: 'S-1',
    name: 'Kettle',
    description: 'Boils water. '.repeat(10),
    brand: 'Acme',
    priceCents: 1999,
    stock: 5,
    categoryId,
  }
  const { id } = await send('POST', `${url}/products`, product)
  await send('GET', `${url}/products/${id}`)
  return `/products/${id}`
}
