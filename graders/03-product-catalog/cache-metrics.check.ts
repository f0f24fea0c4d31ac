import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import { readPrometheus } from '../kit/prometheus.js'
import { createProduct } from './resources.js'
import { check } from './rubric.js'

const resources = ['product', 'facets'] as const
const outcomes = ['hits', 'misses'] as const

async function readCounters(api: Api): Promise<Readonly<Record<string, number>>> {
  const answer = await api.get('/metrics')
  expect(answer).toHaveStatus(200)
  const samples = readPrometheus(answer.text)
  const counters: Record<string, number> = {}
  for (const resource of resources) {
    for (const outcome of outcomes) {
      const found = samples.filter(
        ({ name, labels }) => name === `cache_${outcome}_total` && labels.resource === resource,
      )
      counters[`${resource} ${outcome}`] = found.reduce((sum, { value }) => sum + value, 0)
    }
  }
  return counters
}

/** What the answers' own headers say, in the form of the counters. */
function tally(answers: readonly (readonly [resource: string, answer: Answer])[]) {
  const counters: Record<string, number> = {}
  for (const resource of resources) for (const outcome of outcomes) counters[`${resource} ${outcome}`] = 0
  for (const [resource, answer] of answers) {
    expect(answer).toHaveStatus(200)
    const said = answer.headers.get('x-cache')
    if (said === 'HIT') counters[`${resource} hits`] = (counters[`${resource} hits`] ?? 0) + 1
    if (said === 'MISS') counters[`${resource} misses`] = (counters[`${resource} misses`] ?? 0) + 1
  }
  return counters
}

const difference = (after: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]))

check(
  'the counters grow by what X-Cache said',
  {
    row: 'cache-metrics',
    brief:
      'A cached read that was answered with 200 adds one to the counter that its `X-Cache` names, also when many run in parallel; `BYPASS` adds nothing.',
    hints: [
      'How many reads did you make, and how many were counted?',
      'Count in one place, where the header is set: once for each answer.',
    ],
  },
  async context => {
    const { api, random } = context
    const { id, categoryId } = await createProduct(context)
    const facets = `/products/facets?category=${encodeURIComponent(categoryId)}`
    const before = await readCounters(api)
    const answers: (readonly [string, Answer])[] = []
    for (let n = random.integer(3, 9); n >= 0; n--)
      answers.push(['product', await api.get(`/products/${id}`)])
    for (let n = random.integer(2, 6); n >= 0; n--) answers.push(['facets', await api.get(facets)])
    await api.get(`/products/${id}?cache=off`)
    await api.get(`${facets}&cache=off`)
    const apart = difference(await readCounters(api), before)
    expect(apart, 'what the counters grew by').toEqual(tally(answers))
    expect(
      Object.values(apart).reduce((sum, value) => sum + value, 0),
      'reads counted',
    ).toBe(answers.length)

    const popular = await createProduct(context)
    const again = await readCounters(api)
    const crowd = await Promise.all(Array.from({ length: 30 }, () => api.get(`/products/${popular.id}`)))
    expect(difference(await readCounters(api), again), 'what thirty reads in parallel added').toEqual(
      tally(crowd.map(answer => ['product', answer])),
    )
  },
)

check(
  "the metrics are in Prometheus's text format",
  {
    row: 'cache-metrics',
    brief:
      '`GET /metrics` has the counters `cache_hits_total` and `cache_misses_total`, each with the label `resource`',
    hints: [
      'What would Prometheus make of your answer?',
      'A line is `cache_hits_total{resource="product"} 3`; a client library writes it.',
    ],
  },
  async context => {
    const { api } = context
    const { id } = await createProduct(context)
    await api.get(`/products/${id}`)
    await api.get(`/products/${id}`)
    await api.get('/products/facets')
    await api.get('/products/facets')
    const answer = await api.get('/metrics')
    expect(answer).toHaveStatus(200)
    expect(answer.headers.get('content-type'), 'content type of the metrics').toMatch(
      /^(text\/plain|application\/openmetrics-text)/,
    )
    const samples = readPrometheus(answer.text)
    for (const outcome of outcomes) {
      for (const resource of resources) {
        const sample = samples.find(
          ({ name, labels }) => name === `cache_${outcome}_total` && labels.resource === resource,
        )
        expect(sample?.value, `cache_${outcome}_total{resource="${resource}"}`).toBeGreaterThanOrEqual(0)
      }
    }
  },
)
