import { expect, test } from 'vitest'
import { markClass } from '../../../cli/engine/batch/mark.js'
import { batchJunit } from '../../../cli/ui/batch-junit.js'
import { checkOf, plainSettings, recordOf, resultsOf, rowOf, unjudged } from '../engine/batch/records.js'
import { parseXml } from '../xml.js'

const named = (name: string) => ({ student: { id: name, name } })
const marked = markClass(
  [
    recordOf('a-ada', named('a')),
    unjudged('b-grace', 'ungradable', {
      ...named('b'),
      problem: { code: 'INSTALL_FAILED', message: 'npm failed\nno such package' },
    }),
    unjudged('c-alan', 'missing', named('c')),
    unjudged('d-edsger', 'error', {
      ...named('d'),
      problem: { code: 'SERVICE_GONE', message: 'postgres died' },
    }),
    recordOf('e-barbara', {
      ...named('e'),
      results: resultsOf([
        rowOf({
          verdict: 'error',
          earned: 0,
          checks: [
            checkOf({ verdict: 'error', failure: { message: 'the tap broke', logs: [] } }),
            checkOf({ verdict: 'notRun', reason: 'an earlier check failed' }),
          ],
        }),
      ]),
    }),
    recordOf('f-kathleen', {
      ...named('f'),
      results: resultsOf([rowOf({ verdict: 'fail', earned: 0, checks: [] })], {
        problem: { code: 'APP_EXITED', message: 'the server ended' },
      }),
    }),
  ],
  plainSettings,
)

/** As a reader of JUnit reports counts them: `failure`, `error` and `skipped` in the cases. */
function suitesOf(xml: string) {
  const suites: { attributes: Readonly<Record<string, string>>; inside: string[] }[] = []
  for (const { name, attributes } of parseXml(xml)) {
    if (name === 'testsuite') suites.push({ attributes, inside: [] })
    else suites.at(-1)?.inside.push(name)
  }
  return suites
}

test("a student's failure is a failure, ours is an error, and each count is right", () => {
  const suites = suitesOf(batchJunit(marked))
  expect(
    suites.map(({ attributes: { name, tests, failures, errors, skipped } }) => [
      name,
      tests,
      failures,
      errors,
      skipped,
    ]),
  ).toEqual([
    ['a-ada', '3', '1', '0', '0'],
    ['b-grace', '1', '1', '0', '0'],
    ['c-alan', '1', '1', '0', '0'],
    ['d-edsger', '1', '0', '1', '0'],
    ['e-barbara', '3', '0', '2', '1'],
    ['f-kathleen', '1', '1', '0', '0'],
  ])
  for (const { attributes, inside } of suites) {
    const count = (name: string) => String(inside.filter(one => one === name).length)
    expect(attributes).toMatchObject({
      tests: count('testcase'),
      failures: count('failure'),
      errors: count('error'),
      skipped: count('skipped'),
      timestamp: '2026-11-20T10:00:10.000Z',
    })
  }
  const [whole] = parseXml(batchJunit(marked))
  expect(whole).toMatchObject({
    name: 'testsuites',
    attributes: { tests: '10', failures: '4', errors: '3', skipped: '1' },
  })
})

test('a case says why', () => {
  const xml = batchJunit(marked)
  expect(xml).toContain(
    '<failure type="INSTALL_FAILED" message="npm failed">npm failed\nno such package</failure>',
  )
  expect(xml).toContain('<error type="SERVICE_GONE" message="postgres died">')
  expect(xml).toContain('<testcase classname="a-ada.tasks" name="a task belongs to its user"')
})
