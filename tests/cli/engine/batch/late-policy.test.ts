import { expect, test } from 'vitest'
import { extended, type LatePolicy, lateMark, rounded } from '../../../../cli/engine/batch/late-policy.js'

const policy: LatePolicy = {
  due: new Date('2026-11-20T23:59:00+01:00'),
  graceMinutes: 15,
  percent: 10,
  per: 'day',
  maximumPercent: 50,
  cutOff: new Date('2026-11-30T23:59:00+01:00'),
}
const at = (text: string) => new Date(text)

test.each([
  ['2026-11-01T08:00:00Z', { points: 80, state: 'onTime', penaltyPercent: 0, lateMs: 0 }],
  ['2026-11-20T22:59:00Z', { points: 80, state: 'onTime', penaltyPercent: 0 }],
  ['2026-11-20T23:14:00Z', { points: 80, state: 'onTime', penaltyPercent: 0 }],
  ['2026-11-20T23:14:00.001Z', { points: 72, state: 'late', penaltyPercent: 10, lateMs: 900_001 }],
  ['2026-11-21T22:59:00Z', { points: 72, penaltyPercent: 10 }],
  ['2026-11-21T22:59:00.001Z', { points: 64, penaltyPercent: 20 }],
  ['2026-11-29T00:00:00Z', { points: 40, penaltyPercent: 50 }],
  ['2026-11-30T22:59:00Z', { points: 40, state: 'late', penaltyPercent: 50 }],
  ['2026-11-30T22:59:00.001Z', { points: 0, state: 'cutOff', penaltyPercent: 100 }],
])('handed in at %s', (submittedAt, expected) => {
  expect(lateMark(80, at(submittedAt), policy)).toMatchObject(expected)
})

test('hours count from the due date, not from the end of the grace', () => {
  const hourly: LatePolicy = { ...policy, per: 'hour', percent: 2.5, maximumPercent: 100 }
  expect(lateMark(80, at('2026-11-20T23:59:00Z'), hourly)).toMatchObject({ points: 78, penaltyPercent: 2.5 })
  expect(lateMark(80, at('2026-11-21T00:30:00Z'), hourly)).toMatchObject({ points: 76, penaltyPercent: 5 })
  expect(lateMark(80, at('2026-11-28T00:30:00Z'), hourly)).toMatchObject({ points: 0, state: 'late' })
})

test('a day is 24 hours where clocks are set back', () => {
  const due = { ...policy, due: at('2026-10-24T23:59:00+02:00'), graceMinutes: 0 }
  expect(lateMark(80, at('2026-10-25T22:58:00+01:00'), due)).toMatchObject({ penaltyPercent: 10 })
  expect(lateMark(80, at('2026-10-25T23:59:00+01:00'), due)).toMatchObject({ penaltyPercent: 20 })
})

test('without a time of submission nothing is taken, and it is said', () => {
  expect(lateMark(80, undefined, policy)).toMatchObject({ points: 80, state: 'unknown', penaltyPercent: 0 })
  expect(lateMark(80, undefined, undefined)).toMatchObject({ points: 80, state: 'noDeadline' })
})

test('an extension moves the cut-off, too', () => {
  const own = extended(policy, at('2026-11-25T23:59:00+01:00'))
  expect(lateMark(80, at('2026-11-25T22:00:00Z'), own)).toMatchObject({ points: 80, state: 'onTime' })
  expect(lateMark(80, at('2026-12-05T22:59:00Z'), own)).toMatchObject({ points: 40, state: 'late' })
  expect(lateMark(80, at('2026-12-05T22:59:01Z'), own)).toMatchObject({ points: 0, state: 'cutOff' })
})

test.each([
  [0.285, 2, 0.29],
  [1.005, 2, 1.01],
  [72.345, 1, 72.3],
  [0.5, 0, 1],
  [66.666666, 2, 66.67],
])('%f to %i places is %f', (value, decimals, expected) => {
  expect(rounded(value, decimals)).toBe(expected)
})
