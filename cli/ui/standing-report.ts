import type { Colors } from 'picocolors/types.js'
import type { Standing } from '../engine/standing.js'
import { idWidth } from './rows-report.js'

/** A project's rows with what has been earned on each. */
export function standingReport(
  { project, earned, rows }: Standing,
  { bold, dim, green, red, yellow }: Colors,
): string {
  const marks = { earned: green('✓'), failing: red('✗'), open: dim('·') }
  const width = idWidth(rows.map(({ row }) => row))
  const lines = rows.map(({ row, state, verifyAgain, progress }) => {
    const since = progress?.firstPassedAt ? dim(`  first earned ${progress.firstPassedAt.slice(0, 10)}`) : ''
    const again = verifyAgain ? yellow('  verify again') : ''
    const points = `${state === 'earned' ? row.points : 0}/${row.points}`.padStart(6)
    return `  ${marks[state]} ${row.id.padEnd(width)} ${points}${since}${again}`
  })
  return [`${bold(`${project.id} · ${project.title}`)}  ${bold(`${earned}/100`)}`, ...lines].join('\n')
}
