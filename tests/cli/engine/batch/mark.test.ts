import { expect, test } from 'vitest'
import { markClass } from '../../../../cli/engine/batch/mark.js'
import { plainSettings, recordOf, resultsOf, rowOf, unjudged } from './records.js'

const marksOf = (...args: Parameters<typeof markClass>) =>
  Object.fromEntries(markClass(...args).entries.map(({ record, mark }) => [record.submission, mark]))

const records = [
  recordOf('graded'),
  unjudged('ungradable', 'ungradable'),
  unjudged('missing', 'missing'),
  unjudged('error', 'error'),
]

test('a mark is the points of the rows; our error makes none', () => {
  const marks = marksOf(records, plainSettings)
  expect(marks).toMatchObject({
    graded: { points: 12, outOf: 20 },
    ungradable: { points: 0, outOf: 20 },
    missing: { points: 0, outOf: 20 },
    error: { outOf: 20 },
  })
  expect(marks.error).not.toHaveProperty('points')
  expect(marksOf(records, { ...plainSettings, missing: 'empty' }).missing).not.toHaveProperty('points')
})

test('points are scaled to what the assignment is worth, and rounded', () => {
  const marks = marksOf(
    [
      recordOf('a', {
        results: resultsOf([
          rowOf({ points: 7, earned: 7 }),
          rowOf({ points: 5, earned: 0, verdict: 'fail' }),
        ]),
      }),
    ],
    { ...plainSettings, points: 10 },
  )
  expect(marks.a).toMatchObject({ points: 5.83, outOf: 10 })
})

test('a row that failed by our error, or a run without any judged row, makes no mark', () => {
  const marks = marksOf(
    [
      recordOf('row', { results: resultsOf([rowOf(), rowOf({ verdict: 'error', earned: 0 })]) }),
      recordOf('gone', {
        results: resultsOf([rowOf()], { problem: { code: 'SERVICE_GONE', message: 'postgres died' } }),
      }),
      recordOf('none', { results: resultsOf([rowOf({ verdict: 'notRun', earned: 0 })]) }),
    ],
    plainSettings,
  )
  for (const mark of Object.values(marks)) expect(mark).not.toHaveProperty('points')
})

test('speed that was not measured is worth nothing to anybody, whether the app started or not', () => {
  const speed = rowOf({ id: 'performance', kind: 'performance', points: 5, earned: 0, checks: [] })
  const problem = { code: 'APP_EXITED', message: 'it ended' }
  const marks = marksOf(
    [
      recordOf('ran', { results: resultsOf([rowOf(), { ...speed, verdict: 'notRun' }]) }),
      recordOf('dead', {
        results: resultsOf([rowOf({ earned: 0, verdict: 'fail' }), { ...speed, verdict: 'fail' }], {
          problem,
        }),
      }),
    ],
    plainSettings,
  )
  expect(marks).toMatchObject({ ran: { points: 12, outOf: 12 }, dead: { points: 0, outOf: 12 } })
})

test('lateness follows when it was handed in, and a due date of one student alone', () => {
  const late = {
    ...{ due: new Date('2026-11-18T12:00Z'), graceMinutes: 0, percent: 10, per: 'day' as const },
    maximumPercent: 100,
  }
  const other = { id: '7', name: 'Grace' }
  const { submittedAt: _, ...undated } = recordOf('undated', { student: other })
  const marks = marksOf(
    [
      recordOf('extended'),
      recordOf('late', { student: other, gradedAt: '2026-12-24T00:00:00.000Z' }),
      undated,
      unjudged('missing', 'missing', { student: other }),
    ],
    { ...plainSettings, late, extensions: [{ who: 'ADA', due: new Date('2026-11-20T12:00Z') }] },
  )
  expect(marks).toMatchObject({
    extended: { points: 12, lateness: { state: 'onTime', extended: true, due: '2026-11-20T12:00:00.000Z' } },
    late: { points: 9.6, beforeLateness: 12, lateness: { state: 'late', penaltyPercent: 20 } },
    undated: { points: 12, lateness: { state: 'unknown' } },
    missing: { points: 0, lateness: { state: 'noDeadline' } },
  })
})

test('they are ordered by name, numbers as numbers', () => {
  const named = (name: string) => recordOf(name, { student: { id: name, name } })
  const { entries } = markClass([named('team10'), named('Ödön'), named('team9'), named('ada')], plainSettings)
  expect(entries.map(({ record }) => record.student.name)).toEqual(['ada', 'Ödön', 'team9', 'team10'])
})
