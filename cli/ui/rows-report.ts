import type { Colors } from 'picocolors/types.js'
import type { Results, RowResult } from '../engine/results.js'
import { failureReport } from './failure-report.js'
import { printable } from './terminal-text.js'

/** One line for a row: mark, id, points, title. */
function rowLine(row: RowResult, colors: Colors, width = 14): string {
  const { green, red, yellow, dim } = colors
  const marks = { pass: green('✓'), fail: red('✗'), error: yellow('!'), notRun: dim('·') }
  const points = `${row.earned}/${row.points}`.padStart(6)
  return `${marks[row.verdict]} ${row.id.padEnd(width)} ${row.verdict === 'notRun' ? dim(points) : points}  ${dim(row.title)}`
}

/** Width of the widest id, for `rowLine`. */
export const idWidth = (rows: readonly { readonly id: string }[]) =>
  Math.max(...rows.map(row => row.id.length))

/** All rows, then the failures, then the sum. `failures` limits how many are told in full. */
export function resultsReport(results: Results, colors: Colors, { failures }: { failures: number }): string {
  const { bold, dim, red, yellow } = colors
  const width = idWidth(results.rows)
  const lines = results.rows.map(row => rowLine(row, colors, width))
  const broken = results.rows.flatMap(row =>
    row.checks.filter(check => check.verdict === 'fail' || check.verdict === 'error'),
  )
  for (const check of broken.slice(0, failures)) lines.push('', failureReport(check, colors))
  const untold = broken.length - failures
  if (untold > 0)
    lines.push(
      '',
      dim(`  … and ${untold} more checks that fail; \`bep check <row>\` shows the first of a row`),
    )
  if (results.problem) {
    const { message, fix } = results.problem
    const what =
      results.problem.code === 'SERVICE_GONE'
        ? yellow('error (ours, it costs no points): ')
        : red('the server could not be graded: ')
    lines.push('', `${what}${printable(message)}`)
    if (fix !== undefined) lines.push(`  ${bold('Fix:')} ${fix}`)
  }
  const notRun = results.rows
    .filter(row => row.verdict === 'notRun')
    .reduce((sum, row) => sum + row.points, 0)
  const services = Object.entries(results.services).map(([name, origin]) => `${name} ${origin}`)
  lines.push(
    '',
    `${bold(`${results.earned} of ${results.possible} points`)}${notRun > 0 ? ` (${notRun} not run)` : ''}  ${dim(`seed ${results.seed} · ${(results.durationMs / 1000).toFixed(1)} s · ${services.join(', ')}`)}`,
  )
  return lines.join('\n')
}
