import type { Row } from '../../graders/kit/rubric.js'
import type { SentRequest } from '../../graders/kit/run-context.js'
import { measureRow, notMeasured } from './bench/performance-row.js'
import { isAppProblem, type Subject } from './checks-run.js'
import type { RanCheck } from './checks-runner.js'
import { runRows, type SideBySideOptions } from './checks-side-by-side.js'
import { describeFailure } from './failure.js'
import { graderVersion, loadRubric, packageVersion } from './project-files.js'
import { type CheckResult, type Results, type RowResult, resultsVersion, type Verdict } from './results.js'

/** What becomes of rows of kind performance: measured, listed as not run, or left out of the results. */
export type PerformanceRows = 'measured' | 'listed' | 'leftOut'

export interface GradeOptions extends SideBySideOptions {
  /** Left out by default: other apps that are graded at the same time would be measured, too. */
  readonly performance?: PerformanceRows
  readonly onStep?: (text: string) => void
  /** Rows to grade, in this order; all of them by default. */
  readonly rows?: readonly string[]
  /** Base URL in the curl lines: where the learner's own server is reached. */
  readonly displayUrl?: string
  readonly onCheck?: (row: Row, check: CheckResult) => void
  /** What a check asked of the app. */
  readonly onRequests?: (requests: readonly SentRequest[]) => void
  /** How long all of the checks may take, one row at a time; then the rows that have not passed fail. */
  readonly limitMs?: number
}

/**
 * Grades one app on a database of its own. An app that does not start gives results with a `problem` and no
 * points, a service that died gives the verdict `error`; only bep's own failures are thrown.
 */
export async function gradeApp(subject: Subject, options: GradeOptions): Promise<Results> {
  const {
    services,
    displayUrl = 'http://localhost:3000',
    performance = 'leftOut',
    onCheck,
    onRequests,
  } = options
  const began = new Date()
  const rubric = await loadRubric(subject.project)
  const byId = new Map(rubric.rows.map(row => [row.id, row]))
  const named = options.rows?.flatMap(id => byId.get(id) ?? []) ?? rubric.rows
  const wanted = named.filter(({ kind }) => kind !== 'performance' || performance !== 'leftOut')
  const checks = new Map<string, CheckResult[]>(wanted.map(row => [row.id, []]))
  const points = new Map<string, number>()
  // The benchmark starts apps as the user's own processes: what is kept from the machine is not measured.
  const measures = performance === 'measured' && options.launcher === undefined
  if (wanted.length === 0) throw new Error('a run without rows grades nothing')
  let problem: Results['problem']
  const limit = options.limitMs === undefined ? undefined : AbortSignal.timeout(options.limitMs)
  const signals = [options.signal, limit].filter(signal => signal !== undefined)
  try {
    const checked = wanted.filter(row => row.kind !== 'performance')
    const limited = { ...options, signal: AbortSignal.any(signals) }
    await runRows(subject, checked, limited, (ran, evidence) => {
      onRequests?.(ran.requests)
      const row = wanted.find(candidate => candidate.id === ran.meta.row)
      if (!row) return
      const result = checkResult(ran, services.failure, () =>
        describeFailure(ran.test, { ...evidence, displayUrl }),
      )
      checks.get(row.id)?.push(result)
      onCheck?.(row, result)
    })
    for (const row of wanted.filter(({ kind }) => kind === 'performance')) {
      const graded = measures ? await measureRow(row, subject, options) : notMeasured(row)
      checks.set(row.id, [...graded.checks])
      points.set(row.id, graded.earned)
      for (const check of graded.checks) onCheck?.(row, check)
    }
  } catch (thrown) {
    const tooSlow = limit?.aborted === true && options.signal?.aborted !== true
    if (services.failure === undefined && tooSlow) {
      problem = {
        code: 'APP_TOO_SLOW',
        message: `the checks were not done within ${Number(options.limitMs) / 1000} s`,
        fix: 'Look for requests that take long or are never answered.',
      }
    } else if (services.failure === undefined) {
      if (!isAppProblem(thrown)) throw thrown
      problem = {
        code: thrown.code,
        message: thrown.message,
        ...(thrown.fix !== undefined && { fix: thrown.fix }),
      }
    }
  }
  if (services.failure !== undefined) {
    problem = {
      code: 'SERVICE_GONE',
      message: services.failure,
      fix: 'Run the command again; `bep doctor` looks for the cause.',
    }
    // The app may have answered for the dying service before its end was known.
    for (const [row, results] of checks) checks.set(row, results.map(asOurError))
  }

  if (options.bail) {
    // A second instance was ahead of the row that failed: what it saw there is not told, or it would depend on chance.
    const failed = wanted.findIndex(row => ['fail', 'error'].includes(rowVerdict(checks.get(row.id) ?? [])))
    const later = failed === -1 ? [] : wanted.slice(failed + 1)
    for (const { id } of later) checks.set(id, checks.get(id)?.map(asSkipped) ?? [])
  }

  // Checks run in order: when the time was over, a row was whole if a later one had begun.
  const isDone = (row: Row) =>
    wanted
      .slice(wanted.indexOf(row) + 1)
      .some(later => checks.get(later.id)?.some(check => check.verdict !== 'notRun'))
  const rows: RowResult[] = []
  for (const row of wanted) {
    const results = checks.get(row.id) ?? []
    const whole = rowVerdict(results)
    const isGraded = row.kind !== 'performance' || measures
    const isLost =
      isGraded && problem?.code.startsWith('APP_') && !(problem.code === 'APP_TOO_SLOW' && isDone(row))
    const verdict = isLost ? 'fail' : whole
    rows.push({
      ...row,
      verdict,
      earned: points.get(row.id) ?? (verdict === 'pass' ? row.points : 0),
      graderVersion: await graderVersion(subject.project, row),
      checks: results,
    })
  }
  return {
    version: resultsVersion,
    bep: await packageVersion(),
    project: subject.project.id,
    workspace: subject.dir,
    startedAt: began.toISOString(),
    durationMs: Date.now() - began.getTime(),
    seed: options.seed,
    services: { ...services.origins },
    isolation: options.launcher?.tier ?? 'process',
    earned: sum(rows.map(row => row.earned)),
    possible: sum(
      rows.filter(row => row.verdict === 'pass' || row.verdict === 'fail').map(row => row.points),
    ),
    ...(problem && { problem }),
    rows,
  }
}

const skipped = 'an earlier check failed'

function checkResult(
  { title, meta, test }: RanCheck,
  serviceFailure: string | undefined,
  describe: () => CheckResult['failure'],
): CheckResult {
  const result = test.result()
  const { state, errors } = result
  const note = result.state === 'skipped' ? result.note : undefined
  const common = {
    title,
    durationMs: Math.round(test.diagnostic()?.duration ?? 0),
    brief: meta.brief,
    hints: [...meta.hints],
  }
  if (state === 'passed') return { ...common, verdict: 'pass' }
  if (state !== 'failed') return { ...common, verdict: 'notRun', reason: note ?? skipped }
  const ours = serviceFailure !== undefined || errors?.[0]?.name === 'StackError'
  return {
    ...common,
    verdict: ours ? 'error' : 'fail',
    failure: describe(),
    ...(serviceFailure !== undefined && { reason: serviceFailure }),
  }
}

const asSkipped = ({ failure: _, ...check }: CheckResult): CheckResult => ({
  ...check,
  verdict: 'notRun',
  reason: skipped,
})

const asOurError = (check: CheckResult): CheckResult =>
  check.verdict === 'fail' ? { ...check, verdict: 'error' } : check

function rowVerdict(checks: readonly CheckResult[]): Verdict {
  const verdicts = new Set(checks.map(check => check.verdict))
  if (verdicts.has('error')) return 'error'
  if (verdicts.has('fail')) return 'fail'
  return verdicts.has('notRun') || verdicts.size === 0 ? 'notRun' : 'pass'
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
