import type { Colors } from 'picocolors/types.js'
import type {
  CatchRate,
  GeneratedMutant,
  StepId,
  VerifiedCase,
  VerifiedStep,
  VerifyReport,
} from '../engine/verify/report.js'
import { indented, printable } from './terminal-text.js'

/** What each step proves. */
export const stepNames: Readonly<Record<StepId, string>> = {
  ledger: 'ledger of brief, rows, checks, hints',
  reference: 'reference earns 100',
  'reached-lines': 'the grader reaches the lines of the reference',
  starter: 'starter boots and fails',
  'null-apps': 'null apps earn 0',
  subjects: 'independent implementations earn 100',
  mutants: 'planted bugs are caught by their row',
  generated: 'mutants made by rule are caught',
  repeat: 'the same verdicts each time, idle and under load',
  'noise-band': 'the reference against itself stays within the noise band',
  'slow-variants': 'slow variants lose performance points',
}

/** How far a step is, and what finished last in it. */
export interface StepUnderWay {
  readonly step: StepId
  readonly done: number
  /** 0 where it is not known yet. */
  readonly of: number
  readonly last?: string
}

/** What is going on in one line. */
export function runningLine({ step, done, of, last }: StepUnderWay): string {
  const far = of > 0 ? ` ${done}/${of}` : done > 0 ? ` ${done}` : ''
  return `  ${stepNames[step]}${far}${last === undefined ? ' …' : ` · ${last}`}`
}

/** A line for a step that has finished, after `prefix`; below it, what failed. */
export function stepReport(step: VerifiedStep, colors: Colors, prefix = ''): string {
  const { id, verdict, reason = '', durationMs, cases } = step
  const mark = {
    pass: colors.green('✓'),
    fail: colors.red('✗'),
    notRun: colors.yellow('-'),
  }[verdict]
  const seconds = colors.dim(`${(durationMs / 1000).toFixed(1)} s`)
  const line = `${prefix}  ${mark} ${stepNames[id]}  ${colors.dim(verdict === 'notRun' ? `not run: ${reason}` : summary(step))}  ${seconds}`
  const unreached = cases.flatMap(one => one.unreached ?? [])
  return [
    line,
    ...cases.filter(({ passed }) => !passed).map(one => failedCase(one, colors)),
    ...unreached.map(lines => colors.dim(`    not reached: ${lines}`)),
  ].join('\n')
}

/** What came out of a step, in a few words. */
export function summary({ id, cases, rate }: VerifiedStep): string {
  if (rate) return rateSummary(rate)
  const [first] = cases
  if (first && cases.length === 1) return first.outcome
  const passed = cases.filter(one => one.passed).length
  return `${passed} of ${cases.length}${id === 'mutants' ? ' caught' : ''}`
}

/** How many were caught of how many, and what happened to all the others that were made. */
function rateSummary({ made, excused, rejected, tried, caught, least, seed }: CatchRate): string {
  const percent = (part: number) => `${(Math.floor(part * 1000) / 10).toFixed(1)} %`
  const rate = tried > 0 ? ` (${percent(caught / tried)}, at least ${percent(least)})` : ''
  const drawn = seed === undefined ? '' : `, drawn by seed ${seed}`
  const of = `${made} made, ${excused} excused, ${rejected} do not compile, ${tried} tried${drawn}`
  return `${caught} of ${tried} caught${rate}; ${of}`
}

function failedCase({ name, outcome, problem, failed = [], mutant }: VerifiedCase, colors: Colors): string {
  const lines = [`${colors.red(printable(name))}: ${outcome}`]
  if (mutant) lines.push(printable(`  ${mutant.lineText}`), `  ${printable(changeOf(mutant))}`)
  if (problem !== undefined) lines.push(indented(printable(problem), '  '))
  for (const { row, check, message } of failed.slice(0, 8))
    lines.push(`  ${row}: ${check}`, indented(printable(message), '    '))
  if (failed.length > 8) lines.push(`  and ${failed.length - 8} more`)
  return indented(lines.join('\n'), '    ')
}

const changeOf = ({ from, to }: GeneratedMutant) =>
  `${shortened(from)} → ${to === '' ? 'nothing' : shortened(to)}`

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text)

/** The last line. */
export function verdictLine(report: VerifyReport, colors: Colors): string {
  const { passed, projects, bugs, generated, shard, durationMs, seed } = report
  const failed = projects.filter(project => !project.passed).map(({ project }) => project)
  const time = `${(durationMs / 1000).toFixed(1)} s, seed ${seed}`
  if (passed && bugs) return `${colors.green('caught')} ${bugs.join(', ')}; nothing else was tried (${time})`
  const part = shard === undefined ? '' : `shard ${shard} of `
  if (passed && generated) {
    const names = projects.map(({ project }) => project).join(', ')
    return `${colors.green('caught')} enough mutants of ${part}${names}; nothing else was tried (${time})`
  }
  return passed
    ? `${colors.green('verified')} ${part}${projects.map(({ project }) => project).join(', ')} (${time})`
    : `${colors.red('not verified')} ${part}${failed.join(', ')} (${time})`
}

/** What `bep dev check` found out about one project. */
export function ledgerReport(project: string, cases: readonly VerifiedCase[], colors: Colors): string {
  return cases
    .map(({ name, passed, outcome, problem }) =>
      passed
        ? `${colors.green('✓')} ${project}: ${outcome}\n`
        : `${colors.red('✗')} ${project}: ${printable(name)}\n    ${printable(problem ?? '')}\n`,
    )
    .join('')
}
