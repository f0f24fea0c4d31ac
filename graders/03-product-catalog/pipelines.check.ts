import type { Document } from 'mongodb'
import { expect } from 'vitest'
import type { CheckContext } from '../kit/check.js'
import { codeBlocks } from '../kit/code-blocks.js'
import { check } from './rubric.js'
import { seed, sendSeed } from './seed.js'

interface Example {
  readonly collection: 'products' | 'categories'
  readonly pipeline: readonly Document[]
  readonly result: readonly unknown[]
}

async function examplesOf({ readDocument }: CheckContext): Promise<readonly Example[]> {
  const blocks = codeBlocks(await readDocument('docs/pipelines.md'), 'json')
  return blocks.map((text, n) => {
    const where = `json block ${n + 1} of docs/pipelines.md`
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch (error) {
      expect.fail(`${where} is not JSON: ${(error as Error).message}`)
    }
    const { collection, pipeline, result } = Object(parsed) as Partial<Example>
    expect(['products', 'categories'], `\`collection\` of ${where}`).toContain(collection)
    expect(Array.isArray(pipeline), `whether \`pipeline\` of ${where} is an array`).toBe(true)
    expect(Array.isArray(result), `whether \`result\` of ${where} is an array`).toBe(true)
    return parsed as Example
  })
}

/** Leaves out what other checks have stored. A $text must stay in the first stage. */
function onSeed({ collection, pipeline }: Example): Document[] {
  const only =
    collection === 'products'
      ? { $match: { sku: { $in: seed.products.map(({ sku }) => sku) } } }
      : { $match: { name: { $in: seed.categories.map(({ name }) => name) } } }
  const [first, ...rest] = pipeline
  return first && JSON.stringify(first).includes('"$text"') ? [first, only, ...rest] : [only, ...pipeline]
}

check(
  'the document has examples of $group, $facet, $bucket and $lookup',
  {
    row: 'pipelines',
    brief: 'Among them `$group`, `$facet`, `$bucket` and `$lookup` are each used at least once.',
    hints: [
      'Which pipelines does your server run?',
      'Four blocks marked json, each with collection, pipeline and result.',
    ],
  },
  async context => {
    const examples = await examplesOf(context)
    expect(examples.length, 'examples in docs/pipelines.md').toBeGreaterThanOrEqual(4)
    const used = stagesIn(examples.map(({ pipeline }) => pipeline))
    const missing = ['$group', '$facet', '$bucket', '$lookup'].filter(stage => !used.has(stage))
    expect(missing, 'stages that no example uses').toEqual([])
  },
)

/** Every name in a document that begins with a dollar sign. */
function stagesIn(value: unknown): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return new Set()
  return new Set(
    Object.entries(value).flatMap(([name, inner]) => [
      ...(name.startsWith('$') ? [name] : []),
      ...stagesIn(inner),
    ]),
  )
}

check(
  'every example gives its documented result',
  {
    row: 'pipelines',
    brief: 'Every example gives its `result` when it is run on the data of `seed.json`',
    hints: [
      'Have you run the pipeline, or written down what it should give?',
      'Load seed.json into your server, run the pipeline in mongosh, and paste what it prints.',
    ],
  },
  async context => {
    const examples = await examplesOf(context)
    expect(examples.length, 'examples in docs/pipelines.md').toBeGreaterThan(0)
    await sendSeed(context)
    for (const [n, example] of examples.entries()) {
      const what = `result of example ${n + 1} in docs/pipelines.md`
      expect(example.result.length, `documents in the ${what}`).toBeGreaterThan(0)
      const found = await context.mongo
        .collection(example.collection)
        .aggregate(onSeed(example))
        .toArray()
        .catch((error: Error) => expect.fail(`example ${n + 1} does not run: ${error.message}`))
      const sorted = example.pipeline.some(stage => '$sort' in stage)
      expect(comparable(found, sorted), what).toEqual(comparable(example.result, sorted))
    }
  },
)

/** As JSON says it; without a $sort in a fixed order. */
function comparable(documents: readonly unknown[], sorted: boolean): unknown {
  const plain = JSON.parse(JSON.stringify(documents)) as unknown[]
  return sorted ? plain : plain.sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}:${canonical(inner)}`)
    .sort()
    .join()}}`
}
