import { BepError } from '../../../fixtures/bep-error.js'
import type { Row } from '../../../graders/kit/rubric.js'
import type { ChecksRunOptions, Subject } from '../checks-run.js'
import { loadBench } from '../project-files.js'
import type { CheckResult, RowResult } from '../results.js'
import { benchApp } from './bench.js'
import type { BenchReport, ScenarioReport } from './report.js'

type GradedRow = Pick<RowResult, 'earned' | 'checks'>

/** The row of an app that is not measured here. */
export function notMeasured(row: Row): GradedRow {
  const reason = 'measured by `bep bench` and `bep grade`'
  return {
    earned: 0,
    checks: [{ title: row.title, verdict: 'notRun', durationMs: 0, brief: '', hints: [], reason }],
  }
}

/** Measures the app against the reference and gives the points of the row: a check for each scenario. */
export async function measureRow(
  row: Row,
  subject: Subject,
  options: ChecksRunOptions & { readonly onStep?: (text: string) => void },
): Promise<GradedRow> {
  const { signal = new AbortController().signal } = options
  const { brief, hints } = await loadBench(subject.project)
  const said = { brief, hints: [...hints] }
  try {
    return rowOf(row, await benchApp(subject.project, subject, { ...options, signal }), said)
  } catch (thrown) {
    // What the other rows have earned is not lost.
    if (!(thrown instanceof BepError && thrown.code === 'BENCH_BROKEN')) throw thrown
    const check = { ...said, title: row.title, verdict: 'error' as const, durationMs: 0 }
    return { earned: 0, checks: [{ ...check, reason: thrown.message }] }
  }
}

/** The row that a report comes to. */
export function rowOf(row: Row, report: BenchReport, said: Pick<CheckResult, 'brief' | 'hints'>): GradedRow {
  const { problem, share = 0, durationMs, scenarios } = report
  if (problem) {
    const failure = { message: problem.message, logs: [] }
    return { earned: 0, checks: [{ ...said, title: row.title, verdict: 'fail', durationMs, failure }] }
  }
  const checks = scenarios
    .filter(({ verdict }) => verdict !== 'reported')
    .map(scenario => ({ ...said, ...checkOf(scenario) }))
  return { earned: Math.round(row.points * share), checks }
}

function checkOf({ title, verdict, reason = '', durationMs }: ScenarioReport) {
  const common = { title, durationMs }
  if (verdict === 'pass') return { ...common, verdict: 'pass' as const }
  if (verdict === 'error') return { ...common, verdict: 'error' as const, reason }
  return { ...common, verdict: 'fail' as const, failure: { message: reason, logs: [] } }
}
