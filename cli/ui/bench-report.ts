import type { Colors } from 'picocolors/types.js'
import type { Project } from '../../projects/catalog.js'
import type { Regression } from '../engine/bench/baseline.js'
import type { BenchReport, Measured, ScenarioReport } from '../engine/bench/report.js'
import type { Interval } from '../engine/bench/statistics.js'
import { indented, printable } from './terminal-text.js'

const BAR_WIDTH = 24

/** A chart for each scenario, then what it comes to. */
export function benchReport(report: BenchReport, project: Project, colors: Colors): string {
  const { bold, dim, red } = colors
  const { workspace, scenarios, comparisons, problem, machine, seed, durationMs, services } = report
  const who = workspace === null ? 'the reference against itself' : workspace
  const lines = [`${bold(`${project.id} · ${project.title}`)}  ${dim(who)}`, '']
  if (problem) {
    lines.push(`${red('the server could not be measured: ')}${printable(problem.message)}`)
    if (problem.fix !== undefined) lines.push(`  ${bold('Fix:')} ${problem.fix}`)
    lines.push('')
  }
  const name = workspace === null ? 'once more' : 'your server'
  for (const scenario of scenarios) lines.push(...scenarioChart(scenario, name, colors), '')
  for (const { title, app, reference } of comparisons) {
    const other = workspace === null ? '' : `, the reference's ${times(reference)}`
    lines.push(`${title}: ${times(app)} the rate${other}`)
  }
  if (comparisons.length > 0) lines.push('')
  const origins = Object.entries(services).map(([kind, origin]) => `${kind} ${origin}`)
  const run = `seed ${seed} · ${(durationMs / 1000).toFixed(1)} s · ${machine.cpus} cores, load ${machine.loadBefore.toFixed(1)} before · ${origins.join(', ')}`
  lines.push(`${verdictLine(report, colors)}  ${dim(run)}`)
  return lines.join('\n')
}

const times = (factor: number) => `${factor.toFixed(1)} times`

function verdictLine({ verdict, share = 0 }: BenchReport, { bold, green, red, yellow }: Colors): string {
  if (verdict === 'error') {
    return yellow(
      'error: noisy machine. It costs no points; run it again when the machine does nothing else.',
    )
  }
  const points = `${Math.round(share * 100)} % of the performance points`
  return verdict === 'pass' ? green(bold(points)) : red(bold(points))
}

function scenarioChart(scenario: ScenarioReport, name: string, colors: Colors): string[] {
  const { bold, dim, green, red, yellow } = colors
  const { title, connections, verdict, reason, app, reference, ratio, noise } = scenario
  const mark = { pass: green('✓'), fail: red('✗'), error: yellow('!'), reported: dim('·') }[verdict]
  const note = verdict === 'reported' ? 'reported, without points; ' : ''
  const lines = [`${mark} ${bold(title)}  ${dim(`${note}${connections} at a time`)}`]
  if (app && reference) {
    const most = Math.max(app.perSecond, reference.perSecond)
    const bars: readonly [string, Measured][] = [
      [name, app],
      ['reference', reference],
    ]
    for (const [who, measured] of bars) lines.push(`    ${who.padEnd(12)}${rateLine(measured, most, colors)}`)
  }
  if (ratio) lines.push(`    ${'ratio'.padEnd(12)}${bold(intervalText(ratio))}  ${ratioScale(ratio)}`)
  if (noise && name !== 'once more') lines.push(dim(`    ${'noise'.padEnd(12)}${intervalText(noise)}`))
  if (reason !== undefined) {
    const color = verdict === 'error' ? yellow : red
    lines.push(indented(color(printable(reason)), '    '))
  }
  return lines
}

function rateLine({ perSecond, p50Ms, p99Ms }: Measured, most: number, { cyan, dim }: Colors): string {
  const bar = barOf(perSecond / most).padEnd(BAR_WIDTH)
  const rate = perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en')
  return `${cyan(bar)} ${rate.padStart(8)} /s   ${dim(`p50 ${ms(p50Ms)}   p99 ${ms(p99Ms)}`)}`
}

const ms = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`.padStart(9)

/** A bar of eighths of a character. */
function barOf(part: number): string {
  const eighths = Math.max(1, Math.round(part * BAR_WIDTH * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (' ▏▎▍▌▋▊▉'[eighths % 8] ?? '').trim()
}

const intervalText = ({ median, low, high }: Interval) =>
  `${median.toFixed(2)}  (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`

/** The interval on a scale from 0 to 1.5, with a mark where all points begin. */
function ratioScale({ median, low, high }: Interval): string {
  const cells = Array.from({ length: 31 }, () => '·')
  const at = (value: number) => Math.min(30, Math.max(0, Math.round(value * 20)))
  for (let cell = at(low); cell <= at(high); cell++) cells[cell] = '─'
  cells[10] = '|'
  cells[at(median)] = '◆'
  return `0 ${cells.join('')} 1.5`
}

/** What became slower than the baseline. */
export function regressionReport(slower: readonly Regression[], { green, red }: Colors): string {
  if (slower.length === 0) return `${green('not slower than the baseline')}\n`
  return slower
    .map(({ title, message }) => `${red('slower than the baseline')}: ${title}: ${printable(message)}\n`)
    .join('')
}
