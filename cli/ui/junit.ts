import type { CheckResult, Results } from '../engine/results.js'
import { printable } from './terminal-text.js'

/**
 * JUnit XML: a suite for each row, a case for each check. The app's failures are `failure`, ours `error`.
 * @see https://github.com/testmoapp/junitxml
 */
export function junitReport(results: Results): string {
  const suites = results.rows.map(row => {
    const count = (verdict: string) => row.checks.filter(check => check.verdict === verdict).length
    const cases = row.checks.map(check => testCase(results.project, row.id, check))
    return `  <testsuite name="${escapeXml(row.id)}" tests="${row.checks.length}" failures="${count('fail')}" errors="${count('error')}" skipped="${count('notRun')}" time="${seconds(sum(row.checks))}">\n${cases.join('')}  </testsuite>\n`
  })
  const problem = results.problem
    ? `  <testsuite name="server" tests="1" failures="${results.problem.code === 'SERVICE_GONE' ? 0 : 1}" errors="${results.problem.code === 'SERVICE_GONE' ? 1 : 0}">\n    <testcase classname="${escapeXml(results.project)}" name="the server can be graded"><${results.problem.code === 'SERVICE_GONE' ? 'error' : 'failure'} type="${escapeXml(results.problem.code)}" message="${escapeXml(results.problem.message)}"/></testcase>\n  </testsuite>\n`
    : ''
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escapeXml(results.project)}" time="${seconds(results.durationMs)}">\n${problem}${suites.join('')}</testsuites>\n`
}

/** A case for a check; `of` is what its rows belong to: the project, or a submission. */
export function testCase(of: string, row: string, check: CheckResult): string {
  const open = `    <testcase classname="${escapeXml(`${of}.${row}`)}" name="${escapeXml(check.title)}" time="${seconds(check.durationMs)}"`
  if (check.verdict === 'pass') return `${open}/>\n`
  if (check.verdict === 'notRun')
    return `${open}><skipped message="${escapeXml(check.reason ?? '')}"/></testcase>\n`
  const { message = '', expected, got, exchange } = check.failure ?? {}
  const text = [
    check.brief,
    expected !== undefined && `expected ${expected}`,
    got !== undefined && `got ${got}`,
    exchange?.curl,
  ]
  const tag = check.verdict === 'fail' ? 'failure' : 'error'
  return `${open}>\n      <${tag} message="${escapeXml(message)}">${escapeXml(text.filter(Boolean).join('\n'))}</${tag}>\n    </testcase>\n`
}

const sum = (checks: readonly CheckResult[]) => checks.reduce((total, check) => total + check.durationMs, 0)
export const seconds = (ms: number) => (ms / 1000).toFixed(3)

/** The text in XML: no markup and no character that XML forbids. */
export function escapeXml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\ud800-\udfff\ufffe\uffff]/gu, '�')
}
