import { defineMutants } from '../kit/rubric.js'
import { rubric } from './rubric.js'

export const mutants = defineMutants(rubric, [
  // catalog
  {
    id: 'stock-checked-before-the-update',
    breaks: 'catalog',
    file: 'purchases.ts',
    find: `    const { matchedCount } = await products
      .updateOne(
        { _id, stock: { $gte: quantity } },`,
    replace: `    const before = found((await products.findOne({ _id })) ?? undefined)
    if (before.stock < quantity) throw new Problem(409)
    const { matchedCount } = await products
      .updateOne(
        { _id },`,
    because: 'The stock is read first and changed later: fifty buyers of the last piece all find it there.',
  },
  {
    id: 'float-prices',
    breaks: 'catalog',
    file: 'product.ts',
    find: 'const priceCents = z.int().min(0)',
    replace: 'const priceCents = z.number().min(0)',
    because: 'A price of 19.99 is taken for cents.',
  },
  {
    id: 'sku-not-unique',
    breaks: 'catalog',
    file: 'database.ts',
    find: '{ key: { sku: 1 }, unique: true }',
    replace: '{ key: { sku: 1 } }',
    because: 'Two products have the same SKU.',
  },
  {
    id: 'stock-without-limit',
    breaks: 'catalog',
    file: 'product.ts',
    find: 'z.int().min(0).max(1_000_000)',
    replace: 'z.int().min(0)',
    because: 'Any stock is taken, however high.',
  },
  {
    id: 'patch-resets-what-is-left-out',
    breaks: 'catalog',
    file: 'product.ts',
    find: '  description: description.exactOptional(),',
    replace: "  description: description.default(''),",
    because: 'PATCH fills in the defaults of POST and so empties the description.',
  },
  {
    id: 'category-below-itself',
    breaks: 'catalog',
    file: 'categories.ts',
    find: 'const below = await subtree(categories, _id)',
    replace: 'const below = [_id]',
    because: 'Only the category itself is refused as its parent, not what is below it.',
  },
  {
    id: 'delete-leaves-orphans',
    breaks: 'catalog',
    file: 'categories.ts',
    find: 'if (product || child)',
    replace: 'if (child)',
    because: 'A category is deleted under its products.',
  },
  {
    id: 'first-bad-field-only',
    breaks: 'catalog',
    file: 'fields.ts',
    find: 'throw new Problem(422, { errors })',
    replace: 'throw new Problem(422, { errors: errors.slice(0, 1) })',
    because: 'The body is given up at its first bad field.',
  },
  // aggregation
  {
    id: 'empty-page-follows',
    breaks: 'aggregation',
    file: 'paging.ts',
    find: 'found.length > limit ?',
    replace: 'found.length >= limit ?',
    because: 'A page that is full promises another one, which is empty.',
  },
  {
    id: 'facets-of-one-page',
    breaks: 'aggregation',
    file: 'facets.ts',
    find: '  { $match: match },\n',
    replace: '  { $match: match },\n  { $limit: 20 },\n',
    because: 'The facets are counted from the products of the first page.',
  },
  {
    id: 'filter-forgets-what-is-below',
    breaks: 'aggregation',
    file: 'product-filter.ts',
    find: 'match.categoryId = { $in: category ? await subtree(categories, category) : [] }',
    replace: 'match.categoryId = { $in: category ? (await subtree(categories, category)).slice(0, 2) : [] }',
    because: 'Products more than one level below the category are not found.',
  },
  {
    id: 'bucket-bound-off-by-one',
    breaks: 'aggregation',
    file: 'facets.ts',
    find: 'boundaries: PRICE_BOUNDS',
    replace: 'boundaries: PRICE_BOUNDS.map(bound => (bound === 1_000 ? 1_001 : bound))',
    because: 'A price of exactly 1000 falls into the bucket below.',
  },
  {
    id: 'cursor-without-tie-breaker',
    breaks: 'aggregation',
    file: 'paging.ts',
    find: '{ $or: [{ [key]: { [beyond]: value } }, { [key]: value, _id: { [beyond]: last } }] }',
    replace: '{ $or: [{ [key]: { [beyond]: value } }], _id: { $ne: last } }',
    because: 'Products with the same price as the last one of a page are skipped.',
  },
  {
    id: 'top-limit-over-all-categories',
    breaks: 'aggregation',
    file: 'top-products.ts',
    find: `        {
          $group: {`,
    replace: `        { $sort: { sold: -1, priceCents: 1 } },
        { $limit: limit },
        {
          $group: {`,
    because: 'The limit counts the products of all categories together.',
  },
  {
    id: 'query-for-each-item',
    breaks: 'aggregation',
    file: 'products.ts',
    find: 'ctx.body = toPage(page, await aggregateProducts(products, [{ $match: match }, ...pageStages(page)]))',
    replace: `const stages = [{ $match: match }, ...pageStages(page)]
    const rows = await products.aggregate<{ _id: ObjectId }>(stages).toArray()
    const items = await Promise.all(rows.map(({ _id }) => findProduct(products, _id)))
    ctx.body = toPage(page, items.map(item => found(item)))`,
    because: 'Every item of a list takes a query of its own.',
  },
  // cache
  {
    id: 'facets-hit-still-asks-mongodb',
    breaks: 'cache',
    file: 'facets.ts',
    find: 'const filter = parseQuery(query, ctx.query)',
    replace: `const filter = parseQuery(query, ctx.query)
    await products.estimatedDocumentCount().catch(() => 0)`,
    because: 'Before the cache is asked, MongoDB is asked whether there is anything at all.',
  },
  {
    id: 'facets-key-ignores-the-brand',
    breaks: 'cache',
    file: 'facets.ts',
    find: 'JSON.stringify(filter)}`',
    replace: "JSON.stringify({ ...filter, brand: '' })}`",
    because: 'The key of cached facets leaves one of the filters out.',
  },
  {
    id: 'keys-never-expire',
    breaks: 'cache',
    file: 'cache.ts',
    find: `else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end`,
    replace: `else redis.call('SET', KEYS[1], ARGV[2]) end`,
    because: 'What was cached once stays in Redis for ever.',
  },
  {
    id: 'facets-key-never-the-same',
    breaks: 'cache',
    file: 'facets.ts',
    find: 'JSON.stringify(filter)}`',
    replace: 'JSON.stringify([filter, Date.now()])}`',
    because: 'The time is part of the key: facets are stored, and never found again.',
  },
  {
    id: 'every-deployment-begins-cold',
    breaks: 'cache',
    file: 'cache-keys.ts',
    find: '`product:',
    replace: `\`product:\${process.pid}:`,
    because: 'Keys hold the id of the process: what an older one cached is not found.',
  },
  // search
  {
    id: 'regular-expression-instead-of-the-index',
    breaks: 'search',
    file: 'search.ts',
    find: `      { $match: { $text: { $search: wordsOf(q) } } },
      { $set: { score: { $meta: 'textScore' } } },`,
    replace: `      { $match: { $or: [{ name: { $regex: wordsOf(q), $options: 'i' } }, { description: { $regex: wordsOf(q), $options: 'i' } }] } },
      { $set: { score: { $literal: 1 } } },`,
    because: 'The search scans every product with a pattern.',
  },
  {
    id: 'search-without-order',
    breaks: 'search',
    file: 'search.ts',
    find: '{ $sort: { score: -1, _id: 1 } }',
    replace: '{ $sort: { _id: 1 } }',
    because: 'Results come in the order in which the products were made.',
  },
  {
    id: 'name-counts-no-more-than-description',
    breaks: 'search',
    file: 'database.ts',
    find: 'weights: { name: 10, description: 1 }',
    replace: 'weights: { name: 1, description: 10 }',
    because: 'The weights of the text index are the wrong way round.',
  },
  {
    id: 'hyphen-leaves-a-word-out',
    breaks: 'search',
    file: 'search.ts',
    find: `q.replace(/["-]/g, ' ')`,
    replace: `q.replace(/"/g, ' ')`,
    because: 'A hyphen that somebody typed before a word excludes that word.',
  },
  // invalidation
  {
    id: 'purchase-leaves-the-cache',
    breaks: 'invalidation',
    file: 'purchases.ts',
    find: '.finally(() => cache.drop(productKey(_id)))',
    replace: '.finally(() => cache.drop())',
    because: 'A purchase is not thought of as a write: the cached stock stays.',
  },
  {
    id: 'renamed-category-stays-in-products',
    breaks: 'invalidation',
    file: 'categories.ts',
    find: 'await cache.drop(facetsGeneration, ...shown.map(product => productKey(product._id)))',
    replace: 'await cache.drop(facetsGeneration, ...shown.slice(1).map(product => productKey(product._id)))',
    because: 'Renaming a category forgets a product that shows its name.',
  },
  {
    id: 'facets-outlive-a-new-product',
    breaks: 'invalidation',
    file: 'products.ts',
    find: '      .finally(() => cache.drop(facetsGeneration))\n',
    replace: '',
    because: 'A new product is missing in the cached facets.',
  },
  {
    id: 'deleted-product-stays-in-the-cache',
    breaks: 'invalidation',
    file: 'products.ts',
    find: `      .deleteOne({ _id })
      .finally(() => cache.drop(productKey(_id), facetsGeneration))`,
    replace: `      .deleteOne({ _id })
      .finally(() => cache.drop(facetsGeneration))`,
    because: 'A deleted product can be read until its key expires.',
  },
  {
    id: 'purchase-empties-the-whole-cache',
    breaks: 'invalidation',
    file: 'cache.ts',
    find: '      await redis.unlink(...keys)\n',
    replace: '      await (keys.length > 1 ? redis.unlink(...keys) : redis.flushdb())\n',
    because: 'A purchase throws away what everybody else has cached.',
  },
  {
    id: 'late-fill-after-a-write',
    breaks: 'invalidation',
    file: 'cache.ts',
    find: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end`,
    replace: `local held = redis.call('GET', KEYS[1])
      if held and held ~= ARGV[1] then return end`,
    because: 'A slow read fills the cache after a write has emptied it.',
  },
  {
    id: 'stampede',
    breaks: 'invalidation',
    file: 'cache.ts',
    find: 'let loaded = loading.get(value)',
    replace: 'let loaded = value === lease ? loading.get(value) : load()',
    because: 'Everybody who misses asks MongoDB.',
  },
  {
    id: 'read-joins-a-load-from-before-the-write',
    breaks: 'invalidation',
    file: 'cache.ts',
    find: `      let loaded = loading.get(value)
      if (!loaded) {
        // What another process fills, this one loads as well instead of waiting for it: once.
        loaded = value === lease ? fill(key, lease, load) : load()
        loading.set(value, loaded)
        const forget = () => loading.delete(value)`,
    replace: `      let loaded = loading.get(key)
      if (!loaded) {
        loaded = value === lease ? fill(key, lease, load) : load()
        loading.set(key, loaded)
        const forget = () => loading.delete(key)`,
    because: 'Requests are joined by the id alone, also those that begin after a write.',
  },
  // cache-comparison
  {
    id: 'comparison-made-up',
    breaks: 'cache-comparison',
    file: 'cache-comparison.ts',
    find: 'const uncached = await measure(reads, load)',
    replace: `await measure(reads, load)
    const uncached = { p50Ms: cached.p50Ms + 2, p95Ms: cached.p95Ms + 2 }`,
    because: 'The figures without cache are made up.',
  },
  {
    id: 'comparison-of-a-single-read',
    breaks: 'cache-comparison',
    file: 'cache-comparison.ts',
    find: 'const uncached = await measure(reads, load)',
    replace: 'const uncached = await measure(1, load)',
    because: 'One read stands for all of them.',
  },
  {
    id: 'cache-off-still-asks-redis',
    breaks: 'cache-comparison',
    file: 'cached-reads.ts',
    find: `? { json: await load(), from: 'BYPASS' as const }`,
    replace: `? { json: (await cache.read(keyOf, load), await load()), from: 'BYPASS' as const }`,
    because: 'Without the cache, Redis is asked and filled all the same.',
  },
  // without-redis
  {
    id: 'redis-is-given-up',
    breaks: 'without-redis',
    file: 'main.ts',
    find: 'const redis = await connectRedis(config.REDIS_URL, logger)',
    replace: `const redis = (await connectRedis(config.REDIS_URL, logger)).duplicate({ retryStrategy: () => null })
await redis.connect()`,
    because: 'A connection to Redis that is lost is never made anew.',
  },
  {
    id: 'redis-down-is-an-error',
    breaks: 'without-redis',
    file: 'cache.ts',
    find: `      logger.warn({ err }, 'read without the cache')
      return undefined`,
    replace: `      logger.warn({ err }, 'read without the cache')
      throw err`,
    because: 'An error of Redis becomes an error of the shop.',
  },
  {
    id: 'missed-invalidation-is-forgotten',
    breaks: 'without-redis',
    file: 'cache.ts',
    find: '      for (const key of keys) undropped.add(key)\n',
    replace: '',
    because: 'A key that could not be deleted while Redis was away is served when it is back.',
  },
  {
    id: 'redis-commands-wait',
    breaks: 'without-redis',
    file: 'main.ts',
    find: 'const redis = await connectRedis(config.REDIS_URL, logger)',
    replace: `const patient = { enableOfflineQueue: true, maxRetriesPerRequest: null, commandTimeout: 60_000, socketTimeout: 60_000 }
const redis = (await connectRedis(config.REDIS_URL, logger)).duplicate(patient)
await redis.connect()`,
    because: 'Commands wait for Redis to come back, and requests wait with them.',
  },
  // without-mongodb
  {
    id: 'mongodb-down-is-500',
    breaks: 'without-mongodb',
    file: 'app.ts',
    find: '  app.use(mongoErrors)\n',
    replace: '',
    because: 'MongoDB being away is answered as a bug of the server.',
  },
  {
    id: 'ends-without-mongodb',
    breaks: 'without-mongodb',
    file: 'main.ts',
    find: 'const mongo = createMongoClient(config.MONGODB_URL)',
    replace: `const mongo = createMongoClient(config.MONGODB_URL)
mongo.on('serverHeartbeatFailed', () => process.exit(1))`,
    because: 'The server ends when MongoDB goes, and leaves it to others to start it again.',
  },
  // pipelines
  {
    id: 'documented-result-is-old',
    breaks: 'pipelines',
    file: 'docs/pipelines.md',
    find: '"sold": 251, "revenueCents": 235090',
    replace: '"sold": 251, "revenueCents": 235000',
    because: 'A result was written down by hand.',
  },
  {
    id: 'example-does-not-run',
    breaks: 'pipelines',
    file: 'docs/pipelines.md',
    find: '{ "$match": { "sold": { "$gt": 0 } } }',
    replace: '{ "$filter": { "sold": { "$gt": 0 } } }',
    because: 'An example has a stage that does not exist.',
  },
  // cache-metrics
  {
    id: 'counted-twice',
    breaks: 'cache-metrics',
    file: 'cached-reads.ts',
    find: `      if (from !== 'BYPASS') counters[from].inc({ resource })`,
    replace: `      if (from !== 'BYPASS') counters[from].inc({ resource })
      if (from === 'MISS') counters.MISS.inc({ resource })`,
    because: 'A miss is counted when it is found and again when it is filled.',
  },
  {
    id: 'misses-not-counted',
    breaks: 'cache-metrics',
    file: 'cached-reads.ts',
    find: `if (from !== 'BYPASS') counters`,
    replace: `if (from === 'HIT') counters`,
    because: 'Only hits are counted.',
  },
  {
    id: 'bypass-counts-as-miss',
    breaks: 'cache-metrics',
    file: 'cached-reads.ts',
    find: `if (from !== 'BYPASS') counters[from].inc({ resource })`,
    replace: `counters[from === 'HIT' ? from : 'MISS'].inc({ resource })`,
    because: 'Reads past the cache spoil the hit rate.',
  },
  // benchmarks
  {
    id: 'report-without-a-row',
    breaks: 'benchmarks',
    file: 'docs/benchmarks.md',
    find: '| facets uncached |',
    replace: '| facets, no cache |',
    because: 'The report names its rows as it likes.',
  },
  {
    id: 'command-prints-old-numbers',
    breaks: 'benchmarks',
    file: 'docs/benchmarks.md',
    find: 'node docs/benchmark.mjs',
    replace: 'cat docs/benchmarks.md',
    because: 'The command repeats the numbers instead of measuring them.',
  },
])
