import { expect, test } from 'vitest'
import { excuse } from '../../../../../cli/engine/verify/generated/excuses.js'
import { mutationsOf } from '../../../../../cli/engine/verify/generated/mutations.js'

const source = 'if (a < 1) go()\nstop(2)\nif (a < 1) go()\n'
const mutations = mutationsOf('app.ts', source)
const because = 'Nobody could tell.'
const ids = (some: readonly { readonly id: string }[]) => some.map(({ id }) => id)

test('an excuse takes the mutants of one rule on one line', () => {
  const line = 'if (a < 1) go()'
  const { excused, others, stale } = excuse(mutations, [{ file: 'app.ts', line, rule: 'boundary', because }])
  expect(ids(excused)).toEqual(['app.ts:1:boundary:1', 'app.ts:1:boundary:2', 'app.ts:1:boundary:3'])
  expect(others).toHaveLength(mutations.length - 3)
  expect(stale).toEqual([])
})

test('it may name the one mutant, and another of the same lines', () => {
  const one = { file: 'app.ts', line: 'if (a < 1) go()', nth: 2, rule: 'boundary', to: '2', because } as const
  expect(ids(excuse(mutations, [one]).excused)).toEqual(['app.ts:3:boundary:2'])
})

test('it may name what is taken away, where several things may go', () => {
  const line = 'const name = z.string().min(1).max(2)'
  const chain = mutationsOf('app.ts', line)
  const one = { file: 'app.ts', line, rule: 'call', from: '.max(2)', because } as const
  expect(ids(chain)).toContain('app.ts:1:call:1')
  expect(ids(excuse(chain, [one]).excused)).toEqual(['app.ts:1:call:2'])
})

test('it lasts when the file changes elsewhere', () => {
  const moved = mutationsOf('app.ts', `// first\n\n${source}`)
  const one = { file: 'app.ts', line: 'stop(2)', rule: 'boundary', to: '3', because } as const
  expect(ids(excuse(moved, [one]).excused)).toEqual(['app.ts:4:boundary:1'])
})

test.each([
  ['another file', { file: 'main.ts' }],
  ['another line', { line: 'stop(3)' }],
  ['a line that is there once', { nth: 2 }],
  ['another rule', { rule: 'status' as const }],
  ['another replacement', { to: '4' }],
  ['another thing that is replaced', { from: '3' }],
])('it is stale with %s', (_name, change) => {
  const one = { file: 'app.ts', line: 'stop(2)', rule: 'boundary' as const, because, ...change }
  const { excused, stale } = excuse(mutations, [one])
  expect(excused).toEqual([])
  expect(stale).toEqual([one])
})
