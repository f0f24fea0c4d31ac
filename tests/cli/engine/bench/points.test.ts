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

test.each([
  ['wide', [60, 140, 70, 130, 60, 140, 90, 110]],
  ['each process by itself steady', control.map(rate => rate * 1.1)],
])('a reference that differs from itself is our error, however slow the app: %s', (_name, noisy) => {
  const judgement = judgeRates({ reference, control: noisy, app: at(0.1) }, 1)
  expect(judgement).toMatchObject({ verdict: 'error', share: 0 })
  expect(judgement.reason).toMatch(/^noisy machine: the reference against itself came to \d/)
  expect(isSettled(judgement)).toBe(false)
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
