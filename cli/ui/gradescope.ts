import picocolors from 'picocolors'
import type { Mark } from '../engine/batch/mark.js'
import type { StudentCheck, StudentResult } from '../engine/batch/student-result.js'
import type { CheckResult } from '../engine/results.js'
import { failureReport } from './failure-report.js'
import { duration } from './feedback.js'
import { printable } from './terminal-text.js'

/** What Gradescope reads from `/autograder/results/results.json`, as far as bep uses it. */
interface GradescopeResults {
  readonly score: number
  readonly execution_time?: number
  readonly output?: string
  readonly output_format: 'text'
  readonly test_output_format: 'text'
  readonly test_name_format: 'text'
  readonly visibility: 'visible' | 'after_published'
  readonly stdout_visibility: 'hidden'
  readonly tests?: readonly GradescopeTest[]
}

interface GradescopeTest {
  readonly score: number
  readonly max_score: number
  readonly status?: 'passed' | 'failed'
  readonly name: string
  readonly number: string
  readonly output?: string
  readonly visibility: 'visible' | 'after_published'
}

const plain = picocolors.createColors(false)
const signs = { pass: '✓', fail: '✗', error: '!', notRun: '·' }

/**
 * The result for Gradescope: a test for each row, the score after lateness for all. Nothing where there is no mark: the
 * autograder has then failed, and Gradescope says so instead of giving 0. The leaderboard stays off.
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
 */
export function gradescopeResults(
  { disclosure, outcome, rows, problem }: StudentResult,
  { points, outOf, lateness }: Mark,
  seconds?: number,
): GradescopeResults | undefined {
  if (points === undefined) return undefined
  const hidden = disclosure === 'hidden'
  const judged = rows?.filter(({ verdict }) => verdict !== 'notRun') ?? []
  const possible = judged.reduce((sum, row) => sum + row.points, 0)
  // Gradescope adds the tests up where no total is given: their scale is the gradebook's.
  const scaled = (value: number) => Number(((value * (outOf ?? possible)) / possible).toFixed(4))
  const output = [
    outcome === 'missing' && 'Nothing was handed in.',
    outcome === 'ungradable' && 'It could not be graded.',
    problem && printable(problem.message ?? problem.code),
    !hidden && latenessText(lateness),
  ].filter(line => typeof line === 'string')
  return {
    score: points,
    ...(seconds !== undefined && { execution_time: seconds }),
    ...(output.length > 0 && { output: output.join('\n') }),
    output_format: 'text',
    test_output_format: 'text',
    test_name_format: 'text',
    visibility: hidden ? 'after_published' : 'visible',
    // What the autograder prints is for the instructor.
    stdout_visibility: 'hidden',
    // Without a test, nothing would bear the mark that Gradescope is to keep back.
    ...(hidden && {
      tests: [
        {
          ...{ score: points, max_score: outOf ?? points, name: 'Result', number: '1' },
          visibility: 'after_published',
        },
      ],
    }),
    ...(judged.length > 0 && {
      tests: judged.map(({ id, title, earned, points: worth, verdict, checks }, index) => ({
        score: scaled(earned),
        max_score: scaled(worth),
        status: verdict === 'pass' ? ('passed' as const) : ('failed' as const),
        name: `${id}: ${title}`,
        number: String(index + 1),
        ...(checks && checks.length > 0 && { output: checks.map(checkText).join('\n') }),
        visibility: 'visible' as const,
      })),
    }),
  }
}

function latenessText({ state, lateMs, penaltyPercent, due }: Mark['lateness']): string | undefined {
  if (state === 'late')
    return `Late by ${duration(lateMs)} (due ${due})${penaltyPercent > 0 ? `: ${penaltyPercent} % less` : ''}.`
  if (state === 'cutOff') return `Late by ${duration(lateMs)} (due ${due}): too late to count.`
  if (state === 'unknown') return 'Not known when this was handed in: nothing was taken for lateness.'
  return undefined
}

function checkText({ title, verdict, brief, hint, failure }: StudentCheck): string {
  if (!failure || brief === undefined) return `${signs[verdict]} ${title}`
  const check: CheckResult = {
    ...{ title, verdict, brief, failure, durationMs: 0 },
    hints: hint === undefined ? [] : [hint],
  }
  return `\n${failureReport(check, plain)}\n`
}
