import type { VerifiedCase, VerifyReport } from '../engine/verify/report.js'
import { escapeXml, seconds } from './junit.js'
import { stepNames } from './verify-report.js'

/** JUnit XML of `bep verify`: a suite for each step of a project, a case for each thing that was tried. */
export function verifyJunit({ projects, durationMs }: VerifyReport): string {
  const suites = projects.flatMap(({ project, steps }) =>
    steps.map(({ id, verdict, reason = '', cases, durationMs: tookMs }) => {
      const missed = cases.filter(({ passed }) => !passed).length
      // A few mutants may survive: they are told, and fail nothing.
      const tolerated = verdict === 'pass' ? missed : 0
      const name = escapeXml(`${project}: ${stepNames[id]}`)
      const own =
        verdict === 'notRun'
          ? `    <testcase classname="${project}.${id}" name="${escapeXml(stepNames[id])}"><skipped message="${escapeXml(reason)}"/></testcase>\n`
          : cases.map(one => testCase(`${project}.${id}`, one, tolerated > 0)).join('')
      const [tests, skipped] = verdict === 'notRun' ? [1, 1] : [cases.length, tolerated]
      const failures = missed - tolerated
      return `  <testsuite name="${name}" tests="${tests}" failures="${failures}" skipped="${skipped}" time="${seconds(tookMs)}">\n${own}  </testsuite>\n`
    }),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bep verify" time="${seconds(durationMs)}">\n${suites.join('')}</testsuites>\n`
}

function testCase(
  className: string,
  { name, passed, outcome, problem = '', failed = [] }: VerifiedCase,
  tolerated: boolean,
): string {
  const open = `    <testcase classname="${className}" name="${escapeXml(name)}"`
  if (passed) return `${open}/>\n`
  if (tolerated) return `${open}><skipped message="${escapeXml(outcome)}"/></testcase>\n`
  const text = [problem, ...failed.map(({ row, check, message }) => `${row}: ${check}\n  ${message}`)]
  return `${open}>\n      <failure message="${escapeXml(outcome)}">${escapeXml(text.join('\n'))}</failure>\n    </testcase>\n`
}
