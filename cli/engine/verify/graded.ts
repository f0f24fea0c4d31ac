import type { Subject } from '../checks-run.js'
import type { GradeLimits, GradingLanes } from '../lanes.js'
import type { Results } from '../results.js'
import type { FailedCheck, VerifiedCase } from './report.js'

/** An app to grade, and what its grade says about the grader. */
export interface GradedCase {
  readonly name: string
  readonly subject: Subject
  readonly limits?: GradeLimits
  judge(results: Results): VerifiedCase
}

/** Grades and judges all of them side by side; what was judged before is handed on. */
export async function judgeAll(
  cases: readonly (GradedCase | VerifiedCase)[],
  lanes: GradingLanes,
  onCase: (done: VerifiedCase) => void,
): Promise<readonly VerifiedCase[]> {
  return Promise.all(
    cases.map(async one => {
      const done = 'judge' in one ? one.judge(await lanes.grade(one.subject, one.limits)) : one
      onCase(done)
      return done
    }),
  )
}

/** The checks that failed, with their reasons. */
export function failedChecks({ rows }: Results): readonly FailedCheck[] {
  return rows.flatMap(row =>
    row.checks
      .filter(check => check.verdict === 'fail' || check.verdict === 'error')
      .map(check => ({ row: row.id, check: check.title, message: reasonOf(check) })),
  )
}

function reasonOf({ failure, reason = '' }: Results['rows'][number]['checks'][number]): string {
  if (!failure) return reason
  const { message, expected, got } = failure
  const values = expected === undefined ? '' : ` (expected ${oneLine(expected)}, got ${oneLine(got ?? '')})`
  return oneLine(message) + values
}

const oneLine = (text: string) => {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}

/** Why an app could not be graded, if it could not. */
export const problemOf = ({ problem }: Results): string | undefined =>
  problem && `${problem.message}${problem.fix === undefined ? '' : `\n${problem.fix}`}`

/** The case of an app that must earn all of the points that are graded here, or nothing. */
export function mustEarn(name: string, what: 'all' | 'nothing', results: Results): VerifiedCase {
  const { earned, rows } = results
  const worth = rows.reduce((sum, row) => sum + row.points, 0)
  const points = what === 'all' ? worth : 0
  const outcome = results.problem ? results.problem.code : `${earned} of ${worth}`
  if (!results.problem && earned === points) return { name, passed: true, outcome, earned }
  const why = problemOf(results) ?? `it must earn ${points} of ${worth}, and earned ${earned}`
  const wrong = points === 0 ? passedRows(results) : {}
  return { name, passed: false, outcome, earned, problem: why, failed: failedChecks(results), ...wrong }
}

/** What an app earned that should earn nothing. */
function passedRows({ rows }: Results): Pick<VerifiedCase, 'failed'> {
  const passed = rows.filter(row => row.verdict === 'pass')
  return {
    failed: passed.map(row => ({ row: row.id, check: 'all checks', message: 'passed' })),
  }
}
