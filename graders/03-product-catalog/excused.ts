import { change, excusesOf, inApp, inMain, reasons } from '../kit/common-excuses.js'
import type { Excuse } from '../kit/excuse.js'

const { cutAfterwards, oneConnection, onlySpeed } = reasons
const anyTime = 'How long something is kept is up to the server, as long as it is less than an hour.'
const bothWays = 'An index is read in both directions, and the order among equals is up to the server.'
const onlyWhether = 'It only matters whether there is a document, not what is in it.'
const noLocation = 'The brief asks for no `Location`.'
const anotherSort = 'The brief leaves open what a cursor gives when it comes back with another sort.'
const aThousandReads = 'A thousand reads would take longer than it is worth to look at this limit.'
const scores = 'Engines reckon scores differently: they are compared with one another, not measured.'

export const excused: readonly Excuse[] = excusesOf({
  'app.ts': inApp('app.use(requestLog(deps.logger))'),

  'cache-comparison.ts': [
    change('boundary', 'const query = z.object({ reads: integer(1, 1000).default(50) })', aThousandReads, {
      to: '999',
    }),
    change(
      'boundary',
      'for (let n = 0; n < reads; n++) {',
      'The brief allows for one or two reads more, and the first one is not measured.',
    ),
  ],

  'cache.ts': [
    change('boundary', 'const TTL_MS = 300_000', anyTime),
    change('boundary', 'const LEASE_MS = 2_000', anyTime),
    change(
      'redis',
      "if ARGV[2] == '' then redis.call('DEL', KEYS[1])",
      'The lease for a product that is not there ends by itself.',
      { to: '' },
    ),
    change('await', 'await redis', oneConnection),
    change(
      'call',
      ".catch((err: unknown) => logger.warn({ err }, 'the cache was not filled'))",
      'Redis would have to go between a read and what it fills, within a millisecond.',
    ),
    change(
      'condition',
      'loaded = value === lease ? fill(key, lease, load) : load()',
      'Who fills with a lease that was not granted stores nothing.',
      { to: 'true' },
    ),
    change('call', 'loaded.then(forget, forget)', 'What is remembered costs memory: no lease is met again.'),
    change(
      'await',
      "await dropNow(keys).catch((err: unknown) => logger.warn({ err, keys }, 'dropped later'))",
      oneConnection,
    ),
  ],

  'cached-reads.ts': (['call', 'boundary'] as const).map(rule =>
    change(
      rule,
      'for (const outcome of Object.values(counters)) outcome.inc({ resource }, 0)',
      'Counters are compared before and after: where they begin is up to the server, and what is not there is 0.',
      rule === 'call' ? {} : { to: '1' },
    ),
  ),

  'categories.ts': [
    change('call', "ctx.set('Location', `/categories/${category._id}`)", noLocation),
    ...(['call', 'mongo'] as const).map(rule =>
      change(
        rule,
        'const all = await categories.find().sort({ name: 1 }).toArray()',
        'The order of siblings is up to the server.',
      ),
    ),
    change(
      'await',
      'await cache.drop(facetsGeneration, ...shown.map(product => productKey(product._id)))',
      oneConnection,
    ),
    change('mongo', 'products.findOne({ categoryId: _id }, { projection: { _id: 1 } }),', onlyWhether),
    change('mongo', 'categories.findOne({ parentId: _id }, { projection: { _id: 1 } }),', onlyWhether),
  ],

  'database.ts': [
    change(
      'await',
      'await categories.createIndexes([{ key: { parentId: 1 } }])',
      'The index is there when the one after it is.',
    ),
    change('call', 'await categories.createIndexes([{ key: { parentId: 1 } }])', onlySpeed),
    change('mongo', 'await categories.createIndexes([{ key: { parentId: 1 } }])', bothWays),
    change(
      'await',
      'await products.createIndexes([',
      'Collections without documents have their indexes at once, before the first request.',
    ),
    change('mongo', '{ key: { sku: 1 }, unique: true },', bothWays),
    change('mongo', '{ key: { createdAt: 1, _id: 1 } },', bothWays),
    change('mongo', '{ key: { priceCents: 1, _id: 1 } },', bothWays),
    change('mongo', '{ key: { categoryId: 1, priceCents: 1 } },', bothWays),
    change('mongo', '{ key: { brand: 1, priceCents: 1 } },', bothWays),
    change('boundary', 'weights: { name: 10, description: 1 },', scores, { to: '11' }),
    change('boundary', 'weights: { name: 10, description: 1 },', scores, { to: '9' }),
    change('boundary', 'weights: { name: 10, description: 1 },', scores, { to: '2' }),
  ],

  'facets.ts': [
    change('mongo', '{ $sort: { _id: 1 } },', '`$bucket` gives its buckets in this order.', {
      from: '{ $sort: { _id: 1 } },',
    }),
    change(
      'mongo',
      "{ $project: { _id: 0, fromCents: '$_id', count: 1 } },",
      'What is answered takes the fields that it knows.',
      { to: '1' },
    ),
  ],

  'fields.ts': [
    change(
      'call',
      '.regex(/^\\d{1,9}$/, `must be an integer from ${min} to ${max}`)',
      'The brief leaves open in which ways an integer may be written.',
    ),
  ],

  'main.ts': inMain({
    settings: ['MONGODB_URL: z.string().min(1),', 'REDIS_URL: z.string().min(1),'],
    serve: 'await serve(app, {',
    close: ['redis.disconnect()', 'await mongo.close()'],
  }),

  'paging.ts': [
    change('condition', 'if (cursor && cursor[0] !== sort) {', anotherSort, { to: 'false' }),
    change(
      'status',
      "throw new Problem(400, { errors: [{ field: 'cursor', message: 'belongs to another sort' }] })",
      anotherSort,
    ),
    change(
      'mongo',
      'const stages: Document[] = [{ $sort: { [key]: direction, _id: direction } }, { $limit: limit + 1 }]',
      cutAfterwards,
      { from: ', { $limit: limit + 1 }' },
    ),
    change(
      'boundary',
      'const stages: Document[] = [{ $sort: { [key]: direction, _id: direction } }, { $limit: limit + 1 }]',
      cutAfterwards,
      { to: '2' },
    ),
  ],

  'product-filter.ts': [
    change(
      'boundary',
      'const MAX_PRICE_CENTS = 100_000_000',
      'The brief leaves open whether a filter may ask for more than any price.',
      { to: '100000001' },
    ),
    ...[
      'minPriceCents: integer(0, MAX_PRICE_CENTS).optional(),',
      'maxPriceCents: integer(0, MAX_PRICE_CENTS).optional(),',
    ].map(line => change('boundary', line, 'A text of digits alone is never negative.', { to: '(-1)' })),
  ],

  'products.ts': [change('call', "ctx.set('Location', `/products/${_id}`)", noLocation)],

  'search.ts': [
    change(
      'call',
      'const query = z.object({ q: z.string().trim().min(1), limit: integer(1, 100).default(20) })',
      'The brief leaves open whether white space is empty.',
      { from: '.trim()' },
    ),
    change(
      'mongo',
      '{ $sort: { score: -1, _id: 1 } },',
      'The order among equal scores is up to the server.',
      { to: '-1' },
    ),
  ],
})
