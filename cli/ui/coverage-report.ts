import path from 'node:path'
import type { Colors } from 'picocolors/types.js'
import {
  type Coverage,
  type CoverageReport,
  type GraderCoverage,
  type Metric,
  metrics,
  percentOf,
  type RouteCoverage,
  type Share,
  type TestsCoverage,
  type Thresholds,
} from '../engine/coverage/report.js'
import { clipped, printable } from './terminal-text.js'

interface Surroundings {
  readonly cwd: string
  readonly colors: Colors
}

const columns = 80
const widestFile = 32
const widths: Readonly<Record<Metric, number>> = { lines: 8, branches: 10, functions: 11 }

/** What the tests reach, then what the grader reaches. */
export function coverageReport(report: CoverageReport, surroundings: Surroundings): string {
  const { tests, grader, thresholds } = report
  const halves = [
    ...(tests ? [testsPart(tests, thresholds, surroundings)] : []),
    ...(grader ? [graderPart(grader, surroundings)] : []),
  ]
  return `${halves.map(lines => lines.join('\n')).join('\n\n')}\n`
}

function testsPart(tests: TestsCoverage, thresholds: Thresholds, surroundings: Surroundings): string[] {
  const { command, failure, coverage, unmeasured, below, notices } = tests
  const { bold, green, red } = surroundings.colors
  const outcome = failure === undefined ? green('passed') : red(`failed: ${failure}`)
  const lines = [`${bold(`Your tests: ${printable(command)}`)}  ${outcome}`]
  if (unmeasured !== undefined) lines.push(`  ${printable(unmeasured)}`)
  if (coverage) {
    const verdict =
      below.length > 0 ? red(`✗ too little: ${below.join(', ')}`) : `${green('✓')} as much as asked for`
    lines.push(...table(coverage, surroundings, thresholds))
    lines.push('', `  ${verdict}`, htmlLine(coverage, surroundings))
  }
  return [...lines, ...noticeLines(notices, surroundings)]
}

function graderPart(grader: GraderCoverage, surroundings: Surroundings): string[] {
  const { earned, possible, problem, coverage, unmeasured, routes, otherRequests, notices } = grader
  const { bold, dim, green, red } = surroundings.colors
  const lines = [bold(`The grader: ${earned} of ${possible} points`)]
  if (problem) {
    lines.push(`  ${red('the server could not be graded:')} ${printable(problem.message)}`)
    if (problem.fix !== undefined) lines.push(`  ${bold('Fix:')} ${problem.fix}`)
  }
  if (unmeasured !== undefined) lines.push(`  ${unmeasured}`)
  if (coverage) lines.push(...table(coverage, surroundings), '', htmlLine(coverage, surroundings))
  lines.push(...noticeLines(notices, surroundings), '')
  const width = Math.max(20, ...routes.map(route => name(route).length))
  lines.push(dim(`    ${'route'.padEnd(width)}  requests  answers`))
  for (const route of routes) {
    const { requests, statuses } = route
    const row = `${name(route).padEnd(width)}  ${String(requests).padStart(8)}  `
    lines.push(
      requests > 0
        ? `  ${green('✓')} ${row}${statuses.join(' ') || red('none')}`
        : `  ${red('✗')} ${row}${dim('no check asked')}`,
    )
  }
  const reached = routes.filter(({ requests }) => requests > 0).length
  const others = otherRequests > 0 ? `; ${otherRequests} requests to other paths` : ''
  return [...lines, dim(`    ${reached} of ${routes.length} routes of the brief${others}`)]
}

const name = ({ method, path: template }: RouteCoverage) => `${method} ${template}`

function table(
  { files, totals }: Coverage,
  { colors: { dim, red } }: Surroundings,
  thresholds?: Thresholds,
): string[] {
  const width = Math.min(widestFile, Math.max(9, ...files.map(({ file }) => file.length)))
  const cells = (shares: Readonly<Record<Metric, Share>>) =>
    metrics.map(metric => percent(shares[metric]).padStart(widths[metric])).join('')
  const heads = metrics.map(metric => metric.padStart(widths[metric])).join('')
  const rest = columns - 2 - width - Object.values(widths).reduce((sum, each) => sum + each, 0) - 2
  const rows = files.map(file => {
    // The end of a long name tells more than its beginning.
    const shown = file.file.length > width ? `…${file.file.slice(1 - width)}` : file.file.padEnd(width)
    const unreached = clipped(file.unreached.join(', '), rest)
    return `  ${printable(shown)}${cells(file)}  ${red(unreached)}`.trimEnd()
  })
  return [
    dim(`  ${'file'.padEnd(width)}${heads}  not reached`),
    ...rows,
    `  ${'all files'.padEnd(width)}${cells(totals)}`,
    ...(thresholds ? [dim(`  ${'at least'.padEnd(width)}${asked(thresholds)}`)] : []),
  ]
}

const asked = (thresholds: Thresholds) =>
  metrics.map(metric => `${thresholds[metric]} %`.padStart(widths[metric])).join('')

/** Rounded down: what is shown as 80.0 % is not below it. */
const percent = (share: Share) => `${(Math.floor(percentOf(share) * 10) / 10).toFixed(1)} %`

function htmlLine({ html }: Coverage, { cwd, colors: { dim } }: Surroundings): string {
  const relative = path.relative(cwd, html)
  return dim(`  HTML: ${printable(relative.startsWith('..') ? html : relative)}`)
}

const noticeLines = (notices: readonly string[], { colors: { yellow } }: Surroundings) =>
  notices.map(notice => `  ${yellow('!')} ${printable(notice)}`)
