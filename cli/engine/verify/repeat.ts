import type { Run } from '../../../fixtures/run.js'
import type { GradingLanes } from '../lanes.js'
import type { Results, Verdict } from '../results.js'
import { withBusyCores } from './busy-cores.js'
import type { GradedCase } from './graded.js'
import type { VerifiedCase } from './report.js'

interface RepeatOptions {
  readonly times: number
  readonly run: Run
  readonly lanes: GradingLanes
  readonly onCase: (done: { readonly name: string }) => void
}

/** One grade of an app: the verdicts of its checks by `row: check`. */
interface Round {
  readonly busy: boolean
  readonly verdicts: ReadonlyMap<string, Verdict | string>
}

/**
 * Grades each app that many times, in turn with the cores to themselves and with the cores twice
 * oversubscribed. An app's case passes when no check of it changed its verdict.
 */
export async function repeatGrades(
  cases: readonly GradedCase[],
  { times, run, lanes, onCase }: RepeatOptions,
): Promise<readonly VerifiedCase[]> {
  const rounds = new Map<GradedCase, Round[]>(cases.map(one => [one, []]))
  for (let n = 0; n < times; n++) {
    const busy = n % 2 === 1
    const gradeAll = () =>
      Promise.all(
        [...rounds].map(async ([one, done]) => {
          done.push({ busy, verdicts: verdictsOf(await lanes.grade(one.subject, one.limits)) })
          onCase(one)
        }),
      )
    await (busy ? withBusyCores(run, gradeAll) : gradeAll())
  }
  return [...rounds].map(([{ name }, done]) => compare(name, done))
}

function verdictsOf({ problem, rows }: Results): Round['verdicts'] {
  const checks = rows.flatMap(row =>
    row.checks.map(({ title, verdict }): [string, Verdict] => [`${row.id}: ${title}`, verdict]),
  )
  return new Map<string, Verdict | string>([['the server', problem?.code ?? 'pass'], ...checks])
}

/** Holds every round against the first. */
function compare(name: string, rounds: readonly Round[]): VerifiedCase {
  const [first] = rounds
  const checks = new Set(rounds.flatMap(({ verdicts }) => [...verdicts.keys()]))
  const changed = [...checks].flatMap(check => {
    const told = rounds.map(({ busy, verdicts }, n) => ({
      n,
      busy,
      verdict: verdicts.get(check) ?? 'absent',
    }))
    const others = told.filter(({ verdict }) => verdict !== (first?.verdicts.get(check) ?? 'absent'))
    if (others.length === 0) return []
    const [row = '', ...title] = check.split(': ')
    const where = others.map(
      ({ n, busy, verdict }) => `${verdict} in run ${n + 1}${busy ? ' under load' : ''}`,
    )
    return [{ row, check: title.join(': '), message: `${told[0]?.verdict} in run 1, ${where.join(', ')}` }]
  })
  if (changed.length === 0) return { name, passed: true, outcome: `${rounds.length} times the same` }
  const problem = 'the same app got other verdicts: a check of it depends on time, chance or order'
  return { name, passed: false, outcome: 'verdicts changed', problem, failed: changed }
}
