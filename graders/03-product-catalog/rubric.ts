import { checksFor } from '../kit/check.js'
import { defineRubric } from '../kit/rubric.js'

export const rubric = defineRubric([
  { id: 'catalog', title: 'Products in a tree of categories', points: 16, kind: 'behaviour' },
  {
    id: 'aggregation',
    title: 'Filters, facets, price buckets and best sellers',
    points: 14,
    kind: 'behaviour',
  },
  { id: 'cache', title: 'Frequently read products come from Redis', points: 12, kind: 'behaviour' },
  { id: 'search', title: 'Text search in order of relevance', points: 11, kind: 'behaviour' },
  { id: 'invalidation', title: 'No stale read, no stampede', points: 14, kind: 'behaviour' },
  {
    id: 'cache-comparison',
    title: 'The same read with and without the cache, measured',
    points: 6,
    kind: 'behaviour',
  },
  { id: 'without-redis', title: 'Redis may be away', points: 4, kind: 'fault' },
  { id: 'without-mongodb', title: 'MongoDB may be away', points: 4, kind: 'fault' },
  { id: 'pipelines', title: 'Pipeline examples document', points: 5, kind: 'docs' },
  { id: 'cache-metrics', title: 'Hit and miss metrics', points: 5, kind: 'docs' },
  { id: 'benchmarks', title: 'Benchmark report', points: 4, kind: 'docs' },
  { id: 'performance', title: 'Speed under load', points: 5, kind: 'performance' },
])

export const check = checksFor(rubric)
