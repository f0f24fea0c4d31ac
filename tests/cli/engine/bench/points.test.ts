import { expect, test } from 'vitest'
import { isSettled, judgeRates } from '../../../../cli/engine/bench/points.js'

const reference = [100, 102, 98, 101, 99, 100, 103, 97]
const control = [101, 100, 99, 100, 100, 98, 104, 98]
const at = (ratio: number) => reference.map((rate, n) => ((rate + Number(control[n])) / 2) * ratio)
const judged = (app: readonly number[]) => judgeRates({ reference, control, app }, 1)

test.each([
  [2, 1],
  [0.501, 1],
  [0.49, 0.8],
  [0.351, 0.8],
  [0.34, 0.6],
  [0.251, 0.6],
  [0.2, 0.4],
  [0.151, 0.4],
  [0.14, 0],
])('an app with %f of the rate gets the share %f', (ratio, share) => {
  const judgement = judged(at(ratio))
  expect(judgement).toMatchObject({ verdict: share === 1 ? 'pass' : 'fail', share })
  expect(judgement.ratio.median).toBeCloseTo(ratio)
  expect(isSettled(judgement)).toBe(true)
})

test('the edge that favours the app counts, and more windows may tell', () => {
  const app = [40, 60, 40, 60, 40, 60, 40, 60]
  const judgement = judged(app)
  expect(judgement).toMatchObject({ verdict: 'pass', share: 1 })
  expect(judgement.ratio.low).toBeLessThan(0.5)
  expect(isSettled(judgement)).toBe(false)
})

const noisy = {
  'each window': [60, 140, 70, 130, 60, 140, 90, 110],
  'one process': control.map(rate => rate * 1.1),
}

test.each([
  ['each window', 0.4],
  ['each window', 0.6],
  ['one process', 0.5],
  ['one process', 0.54],
] as const)('noise that could change the points is our error: of %s, at %f', (where, ratio) => {
  const judgement = judgeRates({ reference, control: noisy[where], app: at(ratio) }, 1)
  expect(judgement).toMatchObject({ verdict: 'error', share: 0 })
  expect(judgement.reason).toMatch(/^noisy machine: the reference against itself came to \d/)
  expect(isSettled(judgement)).toBe(false)
})

test.each([
  ['each window', 1.5, 'pass', 1],
  ['each window', 0.05, 'fail', 0],
  ['one process', 0.7, 'pass', 1],
  ['one process', 0.2, 'fail', 0.4],
] as const)('noise that cannot change the points is none: of %s, at %f', (where, ratio, verdict, share) => {
  const judgement = judgeRates({ reference, control: noisy[where], app: at(ratio) }, 1)
  expect(judgement).toMatchObject({ verdict, share })
  expect(isSettled(judgement)).toBe(true)
})

test.each(['each window', 'one process'] as const)('the reference alone must be quiet: %s', where => {
  expect(judgeRates({ reference, control: noisy[where], app: [] }, 1).verdict).toBe('error')
})

test.each([
  [1.01, 'pass'],
  [1.03, 'error'],
])('an interval that lies off 1 on one side, at %f', (factor, verdict) => {
  const shifted = reference.map((rate, n) => (n % 4 < 2 ? rate * factor : rate / factor))
  const judgement = judgeRates({ reference, control: shifted, app: [] }, 1)
  expect(judgement.noise.low).toBeGreaterThan(1)
  expect(judgement.verdict).toBe(verdict)
})

test('a small lasting difference between two processes of the reference is no noise', () => {
  const judgement = judgeRates({ reference, control: reference.map(rate => rate * 1.04), app: [] }, 1)
  expect(judgement).toMatchObject({ verdict: 'pass', noise: judgement.ratio })
  expect(judgement.noise.low).toBeCloseTo(1 / 1.04)
  expect(judgement.noise.high).toBeCloseTo(1.04)
})
