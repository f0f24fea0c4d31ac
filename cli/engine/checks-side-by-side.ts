import type { Row } from '../../graders/kit/rubric.js'
import { type ChecksRunOptions, runChecks, type Subject } from './checks-run.js'
import type { ChecksRunner } from './checks-runner.js'

export interface SideBySideOptions extends ChecksRunOptions {
  /** Take rows, too, each against an instance of the app of its own: faults first, which mostly wait. */
  readonly moreRunners?: readonly ChecksRunner[]
}

/**
 * Runs the rows' checks and reports each: in order, or with more runners a row in each at a time. With `bail` two
 * at most work; all rows before the first that fails are run then, too, and some after it.
 * @throws BepError APP_… when the app does not start.
 */
export async function runRows(
  subject: Subject,
  rows: readonly Row[],
  { moreRunners = [], ...options }: SideBySideOptions,
  onCheck: Parameters<typeof runChecks>[3],
): Promise<void> {
  const waiting = [...rows]
  // The first failure is waited for, and each instance that starts delays it.
  const most = options.bail ? Math.min(2, rows.length) : rows.length
  const runners = [options.runner, ...moreRunners].slice(0, most)
  if (runners.length < 2) return runChecks(subject, () => waiting.splice(0), options, onCheck)
  const stopped = new AbortController()
  const signal = AbortSignal.any([stopped.signal, ...(options.signal ? [options.signal] : [])])
  const running = new Map<ChecksRunner, Row>()
  const placeOf = (id: string) => rows.findIndex(row => row.id === id)
  let end = rows.length

  const take = (runner: ChecksRunner) => () => {
    const faults = waiting.filter(row => row.kind === 'fault')
    const next = (runner === options.runner ? waiting : [...faults, ...waiting])[0]
    if (next === undefined || placeOf(next.id) > end) return []
    waiting.splice(waiting.indexOf(next), 1)
    running.set(runner, next)
    return [next]
  }
  const bailAfter = (id: string) => {
    end = Math.min(end, placeOf(id))
    for (const [runner, row] of running) if (placeOf(row.id) > end) void runner.cancel()
  }
  const settled = await Promise.allSettled(
    runners.map(async runner => {
      try {
        await runChecks(subject, take(runner), { ...options, runner, signal }, (check, evidence) => {
          onCheck(check, evidence)
          if (options.bail && check.test.result().state === 'failed') bailAfter(check.meta.row)
        })
      } catch (thrown) {
        // What one instance cannot do, another cannot either.
        stopped.abort(thrown)
        throw thrown
      }
    }),
  )
  stopped.signal.throwIfAborted()
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason
}
