import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSubmissions } from '../../../../cli/engine/similarity/compare-submissions.js'
import { runHashes, winnow } from '../../../../cli/engine/similarity/fingerprints.js'

const settings = fc
  .record({ noiseTokens: fc.integer({ min: 2, max: 12 }), more: fc.integer({ min: 0, max: 12 }) })
  .map(({ noiseTokens, more }) => ({ noiseTokens, guaranteedTokens: noiseTokens + more }))
// Few different tokens: repetition is what a selection may stumble over.
const tokens = (length: { readonly minLength?: number; readonly maxLength?: number }) =>
  fc.array(fc.integer({ min: 0, max: 5 }), length)

test('any shared run of the guaranteed length has a fingerprint in common', () => {
  fc.assert(
    fc.property(
      settings.chain(winnowing =>
        fc.record({
          winnowing: fc.constant(winnowing),
          shared: tokens({ minLength: winnowing.guaranteedTokens, maxLength: 40 }),
          around: fc.array(tokens({ maxLength: 40 }), { minLength: 4, maxLength: 4 }),
        }),
      ),
      ({ winnowing, shared, around: [a = [], b = [], c = [], d = []] }) => {
        const printsIn = (text: readonly number[], from: number) => {
          const hashes = runHashes(Uint32Array.from(text), winnowing.noiseTokens)
          const last = from + shared.length - winnowing.noiseTokens
          const places = winnow(hashes, winnowing, () => false).filter(at => at >= from && at <= last)
          return new Set(places.map(at => hashes[at]))
        }
        const one = printsIn([...a, ...shared, ...b], a.length)
        const other = printsIn([...c, ...shared, ...d], c.length)
        expect([...one].some(print => other.has(print))).toBe(true)
      },
    ),
    { seed: 7, numRuns: 3_000 },
  )
})

test('a fingerprint is taken in every window, and far fewer than there are hashes', () => {
  const winnowing = { noiseTokens: 15, guaranteedTokens: 30 }
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 200, maxLength: 400 }), text => {
      const hashes = runHashes(Uint32Array.from(text), winnowing.noiseTokens)
      const places = winnow(hashes, winnowing, () => false)
      const gaps = places.map((place, n) => place - (places[n - 1] ?? -1))
      expect(Math.max(...gaps)).toBeLessThanOrEqual(16)
      // The paper expects 2 of (window + 1).
      expect(places.length).toBeLessThan(hashes.length / 4)
    }),
    { seed: 7, numRuns: 200 },
  )
})

test('a run keeps its hash wherever it stands', () => {
  fc.assert(
    fc.property(tokens({ minLength: 8, maxLength: 8 }), tokens({ maxLength: 30 }), (run, before) => {
      expect(runHashes(Uint32Array.from([...before, ...run]), 8).at(-1)).toBe(
        runHashes(Uint32Array.from(run), 8)[0],
      )
    }),
    { seed: 7 },
  )
})

test('shared code of the guaranteed length is reported with the lines on which it stands', async () => {
  const winnowing = { noiseTokens: 6, guaranteedTokens: 12 }
  // One token a line: operators stay what they are.
  const line = fc.constantFrom('+', '-', '*', '%', '<', '>', '&', '|', '^', '?', ':', '!', '.', '[', '(', '{')
  const lines = (length: { readonly minLength?: number; readonly maxLength?: number }) =>
    fc.array(line, length)
  await fc.assert(
    fc.asyncProperty(
      lines({ minLength: 12, maxLength: 30 }),
      lines({ maxLength: 30 }),
      lines({ maxLength: 30 }),
      async (shared, a, b) => {
        const submission = (id: string, text: readonly string[]) => ({
          id,
          sources: [{ file: `${id}.py`, text: text.join('\n') }],
          skipped: [],
        })
        const { pairs } = await compareSubmissions(
          [submission('a', [...a, ...shared]), submission('b', [...b, ...shared])],
          {
            ...winnowing,
            starter: [],
            threshold: 0,
          },
        )
        const end = { a: a.length + shared.length, b: b.length + shared.length }
        const covers = pairs[0]?.regions.some(region => region.a.to === end.a || region.b.to === end.b)
        expect(covers).toBe(true)
      },
    ),
    { seed: 7, numRuns: 300 },
  )
})
