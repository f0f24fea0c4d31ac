import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  compareSubmissions,
  type SimilarityOptions,
} from '../../../../cli/engine/similarity/compare-submissions.js'
import { readSources, type SourceFile } from '../../../../cli/engine/similarity/source-files.js'
import { catalog } from '../../../../projects/catalog.js'
import { packageRoot } from '../../bep.js'
import { disguised, everyNth } from './disguise.js'

const defaults: SimilarityOptions = { noiseTokens: 15, guaranteedTokens: 30, starter: [], threshold: 0 }

const compare = (
  submissions: Readonly<Record<string, readonly SourceFile[]>>,
  options: Partial<SimilarityOptions> = {},
) =>
  compareSubmissions(
    Object.entries(submissions).map(([id, sources]) => ({ id, sources, skipped: [] })),
    { ...defaults, ...options },
  )

const sourcesIn = async (...parts: readonly string[]) =>
  (await readSources(path.join(packageRoot, ...parts))).sources

describe.each(catalog.map(({ slug }) => slug).filter(slug => /^0[1-4]/.test(slug)))('%s', slug => {
  const subject = { '01': 'node', '02': 'node', '03': 'fastify', '04': 'fastify' }[slug.slice(0, 2)]

  test('independent implementations share little, disguised copies nearly all, half copies a third', async () => {
    const reference = await sourcesIn('projects', slug)
    const independent = await sourcesIn('fixtures', 'subjects', `${slug}-${subject}`)
    const starter = [...(await sourcesIn('templates', '_base')), ...(await sourcesIn('templates', slug))]
    const half = [...disguised(everyNth(reference, 2)), ...independent.filter((_, n) => n % 2 === 1)]
    const { pairs } = await compare(
      { reference, independent, copy: disguised(reference), other: disguised(independent), half },
      { starter },
    )
    const shares = (a: string, b: string) => {
      const pair = pairs.find(({ a: one, b: two }) => (one === a && two === b) || (one === b && two === a))
      return [pair?.aInB ?? 0, pair?.bInA ?? 0]
    }
    // Measured: 6 % at most, 79 % at least, 35 % at least.
    expect(Math.max(...shares('reference', 'independent'))).toBeLessThan(0.1)
    expect(Math.max(...shares('copy', 'other'))).toBeLessThan(0.1)
    expect(Math.min(...shares('reference', 'copy'))).toBeGreaterThan(0.7)
    expect(Math.min(...shares('independent', 'other'))).toBeGreaterThan(0.7)
    expect(Math.min(...shares('reference', 'half'))).toBeGreaterThan(0.25)
  })
})

const handler = (name: string) => `export async function ${name}(id: string, patch: Patch) {
  const found = await pool.query('select * from ${name} where id = $1', [id])
  if (found.rows.length === 0) throw new NotFound(id)
  const next = { ...found.rows[0], ...patch, updatedAt: new Date() }
  for (const key of Object.keys(patch)) if (!(key in allowed)) delete next[key]
  return next
}`
const arithmetic = `const mean = (numbers: number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length
while (left < right || !done) { left <<= 1; right = (right >> 1) - left % 3; done = left === right }
class Queue<T> { #items: T[] = []; push(item: T) { this.#items.push(item); return this } get size() { return this.#items.length } }`
const recursion = `switch (kind) { case 'a': return walk(left) ?? walk(right); default: try { visit(node) } catch { skip++ } finally { depth-- } }
do { [a, b] = [b, a + b] } while (a < limit && !seen.has(a)); label: for (const x of xs) for (const y of ys) if (x ** y > 9) continue label
export type Tree<T> = { value: T; left?: Tree<T>; right?: Tree<T> } | undefined; let z = (p && q) || (r ? -s : +t)`

test('a region names the lines of both sides', async () => {
  const a = [{ file: 'src/users.ts', text: `${arithmetic}\n\n${handler('users')}\n` }]
  const b = [
    { file: 'index.ts', text: `${recursion}\n` },
    { file: 'lib/accounts.ts', text: `// Accounts.\n\n\n${handler('accounts')}\n\n${recursion}\n` },
  ]
  const { pairs } = await compare({ ada: a, bob: b })
  expect(pairs).toHaveLength(1)
  expect(pairs[0]?.regions).toEqual([
    {
      a: { file: 'src/users.ts', from: 5, to: 11 },
      b: { file: 'lib/accounts.ts', from: 4, to: 10 },
      tokens: expect.any(Number),
    },
  ])
  expect(pairs[0]?.aInB).toBeLessThan(0.6)
})

test('a statement put in between does not split a region', async () => {
  const changed = handler('accounts').replace('  if (found', '  console.log(found)\n  if (found')
  const { pairs } = await compare({
    ada: [{ file: 'a.ts', text: handler('users') }],
    bob: [{ file: 'b.ts', text: changed }],
  })
  expect(pairs[0]?.regions).toMatchObject([{ a: { from: 1, to: 7 }, b: { from: 1, to: 8 } }])
})

test('nothing of the starter counts, wherever it was moved', async () => {
  const starter = [{ file: 'app.ts', text: handler('items') }]
  const submissions = {
    ada: [{ file: 'a.ts', text: `${arithmetic}\n${handler('users')}` }],
    bob: [{ file: 'b.ts', text: `${handler('posts')}\n${recursion}` }],
  }
  expect((await compare(submissions)).pairs).toHaveLength(1)
  const without = await compare(submissions, { starter })
  expect(without.pairs).toEqual([])
  const alone = await compare({ ada: [{ file: 'a.ts', text: arithmetic }], bob: [] })
  expect(without.submissions[0]?.tokens).toBe(alone.submissions[0]?.tokens)
})

test('a region ends where the starter begins', async () => {
  const shared = [{ file: 'a.ts', text: `${arithmetic}\n${handler('items')}\n${recursion}` }]
  const { pairs } = await compare(
    { ada: shared, bob: shared },
    { starter: [{ file: 'app.ts', text: handler('items') }] },
  )
  const places = pairs[0]?.regions.map(({ a, b }) => [a.from, a.to, b.from, b.to])
  expect(places).toEqual([
    [1, 3, 1, 3],
    [11, 13, 11, 13],
  ])
})

test('what more submissions hold than the setting says is left out, and what fewer hold stays', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 6 }, (_, n) => [
      `s${n}`,
      [{ file: 'a.ts', text: n < 2 ? `${handler('x')}\n${recursion}` : handler('x') }],
    ]),
  )
  expect((await compare(many, { commonAbove: 6 })).pairs).toHaveLength(15)
  const { pairs } = await compare(many, { commonAbove: 5 })
  expect(pairs.map(({ a, b }) => [a, b])).toEqual([['s0', 's1']])
})

test('a share is of either side, pairs below the threshold are not listed, groups are', async () => {
  const submissions = {
    small: [{ file: 'a.ts', text: handler('x') }],
    large: [{ file: 'a.ts', text: `${handler('y')}\n${arithmetic}\n${recursion}` }],
    alone: [{ file: 'a.ts', text: arithmetic.replaceAll('=>', '+').replaceAll('(', '[') }],
    third: [{ file: 'b.ts', text: `${recursion}\n${recursion.replaceAll('&&', '||')}` }],
  }
  const { pairs, clusters } = await compare(submissions, { threshold: 0.3 })
  expect(pairs[0]).toMatchObject({ a: 'small', b: 'large', aInB: 1 })
  expect(pairs[0]?.bInA).toBeLessThan(0.5)
  expect(clusters.map(({ members }) => members)).toEqual([['large', 'small', 'third']])
  expect((await compare(submissions, { threshold: 0.99 })).clusters.map(({ members }) => members)).toEqual([
    ['large', 'small'],
  ])
})

test('code repeated without end is compared in a moment and never counted twice', async () => {
  const endless = [{ file: 'a.ts', text: 'f(a, 1)\n'.repeat(20_000) }]
  const { pairs } = await compare({
    ada: endless,
    bob: endless,
    eve: [{ file: 'e.ts', text: 'f(a, 1)\n'.repeat(40) }],
  })
  expect(pairs[0]?.aInB).toBeLessThanOrEqual(1)
  for (const { tokens } of pairs) expect(tokens).toBeLessThanOrEqual(140_000)
})
