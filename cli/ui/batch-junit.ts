import { isOurError, type MarkedClass, type MarkedRecord } from '../engine/batch/mark.js'
import { escapeXml, seconds, testCase } from './junit.js'

/**
 * JUnit XML of a batch: a suite for each submission, a case for each check. What the student can mend is `failure`, what
 * went wrong with bep, a service or the machine is `error`.
 * @see https://github.com/testmoapp/junitxml
 */
export function batchJunit({ entries }: MarkedClass): string {
  const suites = entries.map(suiteOf)
  const total = (name: keyof Counts) => suites.reduce((sum, { counts }) => sum + counts[name], 0)
  const time = entries.reduce((sum, { record }) => sum + (record.results?.durationMs ?? 0), 0)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="bep grade" tests="${total('tests')}" failures="${total('failures')}" errors="${total('errors')}" skipped="${total('skipped')}" time="${seconds(time)}">\n${suites.map(({ xml }) => xml).join('')}</testsuites>\n`
}

interface Counts {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly skipped: number
}

function suiteOf({ record }: MarkedRecord): { readonly xml: string; readonly counts: Counts } {
  const { submission, results, gradedAt } = record
  const rows = results?.rows ?? []
  const checks = rows.flatMap(row => row.checks.map(check => ({ row: row.id, check })))
  const judged = wholeCase(record)
  const count = (verdict: string) => checks.filter(({ check }) => check.verdict === verdict).length
  const counts = {
    tests: checks.length + 1,
    failures: count('fail') + (judged.verdict === 'failure' ? 1 : 0),
    errors: count('error') + (judged.verdict === 'error' ? 1 : 0),
    skipped: count('notRun'),
  }
  const cases = checks.map(({ row, check }) => testCase(submission, row, check))
  const xml = `  <testsuite name="${escapeXml(submission)}" tests="${counts.tests}" failures="${counts.failures}" errors="${counts.errors}" skipped="${counts.skipped}" time="${seconds(results?.durationMs ?? 0)}" timestamp="${gradedAt}">\n${judged.xml}${cases.join('')}  </testsuite>\n`
  return { xml, counts }
}

/** The case that says whether the submission could be graded at all. */
function wholeCase(record: MarkedRecord['record']) {
  const { submission, outcome, results } = record
  const problem = record.problem ?? results?.problem
  const open = `    <testcase classname="${escapeXml(submission)}" name="it can be graded"`
  if (isOurError(record))
    return told('error', problem?.code ?? 'ERROR', problem?.message ?? 'a check failed by an error of ours')
  if (outcome === 'missing') return told('failure', 'MISSING', 'nothing was handed in')
  if (problem) return told('failure', problem.code, problem.message)
  return { verdict: 'pass', xml: `${open}/>\n` } as const

  function told<V extends 'failure' | 'error'>(verdict: V, type: string, message: string) {
    const [first = ''] = message.split('\n')
    const body = `<${verdict} type="${escapeXml(type)}" message="${escapeXml(first)}">${escapeXml(message)}</${verdict}>`
    return { verdict, xml: `${open}>\n      ${body}\n    </testcase>\n` }
  }
}
