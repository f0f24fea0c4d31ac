import type { Project } from '../../projects/catalog.js'
import type { BenchReport, Measured, ScenarioReport } from '../engine/bench/report.js'
import type { Interval } from '../engine/bench/statistics.js'
import { escapeHtml } from './html-text.js'

const WIDTH = 640
const LEFT = 120
const colors = { app: '#2563eb', reference: '#9ca3af' }

/** A page with a plot for each scenario. It loads nothing: the plots are SVG in the page itself. */
export function benchPage(report: BenchReport, project: Project): string {
  const { workspace, scenarios, comparisons, problem, verdict, share = 0, machine, seed, startedAt } = report
  const who = workspace ?? 'the reference against itself'
  const outcome = verdict === 'error' ? 'error: noisy machine' : `${Math.round(share * 100)} % of the points`
  const compared = comparisons.map(
    ({ title, app, reference }) =>
      `<li>${escapeHtml(title)}: ${app.toFixed(1)} times the rate (reference: ${reference.toFixed(1)})</li>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${project.id} benchmark`)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #111827 }
h2 { margin-bottom: 0 } .dim { color: #6b7280 } .fail { color: #b91c1c } .error { color: #b45309 } .pass { color: #15803d }
svg { display: block; width: 100%; height: auto } text { font: 13px system-ui, sans-serif; fill: #374151 }
table { border-collapse: collapse } th, td { text-align: right; padding: .1rem .8rem .1rem 0 } th:first-child, td:first-child { text-align: left }
</style>
<h1>${escapeHtml(project.title)}</h1>
<p>${escapeHtml(who)}<br><strong class="${verdict}">${outcome}</strong></p>
${problem ? `<p class="fail">${escapeHtml(problem.message)}</p>` : ''}
${scenarios.map(scenarioSection).join('\n')}
${compared.length > 0 ? `<ul>${compared.join('')}</ul>` : ''}
<p class="dim">${escapeHtml(`${startedAt}, seed ${seed}, ${machine.cpus} cores, load ${machine.loadBefore.toFixed(1)} before`)}</p>
</html>
`
}

function scenarioSection(scenario: ScenarioReport): string {
  const { title, connections, verdict, reason, app, reference, ratio, noise } = scenario
  const parts = [
    `<h2>${escapeHtml(title)}</h2>`,
    `<p class="dim">${connections} requests at a time${verdict === 'reported' ? '; reported, without points' : ''}</p>`,
  ]
  if (reason !== undefined) parts.push(`<p class="${verdict}">${escapeHtml(reason)}</p>`)
  if (app && reference) parts.push(table(app, reference), windowsPlot(app, reference))
  if (ratio && noise) parts.push(ratioPlot(ratio, noise))
  return `<section>${parts.join('\n')}</section>`
}

function table(app: Measured, reference: Measured): string {
  const row = (name: string, { perSecond, p50Ms, p99Ms, requests }: Measured) =>
    `<tr><td>${name}</td><td>${perSecond.toFixed(1)}</td><td>${p50Ms.toFixed(2)}</td><td>${p99Ms.toFixed(2)}</td><td>${requests}</td></tr>`
  return `<table><tr><th></th><th>requests/s</th><th>p50 ms</th><th>p99 ms</th><th>requests</th></tr>
${row('app', app)}${row('reference', reference)}</table>`
}

/** Requests per second of each window, in the order in which they were taken. */
function windowsPlot(app: Measured, reference: Measured): string {
  const height = 160
  const most = Math.max(...app.windows, ...reference.windows)
  const line = (name: keyof typeof colors, windows: readonly number[]) => {
    const step = (WIDTH - LEFT - 20) / Math.max(1, windows.length - 1)
    const points = windows.map((rate, n) => ({
      x: LEFT + n * step,
      y: height - 20 - (rate / most) * (height - 40),
    }))
    const path = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
    const dots = points.map(
      ({ x, y }) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colors[name]}"/>`,
    )
    return `<polyline points="${path}" fill="none" stroke="${colors[name]}" stroke-width="1.5"/>${dots.join('')}`
  }
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="requests per second in each window">
<text x="0" y="24">${Math.round(most)} /s</text><text x="0" y="${height - 16}">0</text>
<text x="0" y="64" style="fill:${colors.app}">app</text><text x="0" y="84" style="fill:${colors.reference}">reference</text>
<line x1="${LEFT}" y1="${height - 20}" x2="${WIDTH - 20}" y2="${height - 20}" stroke="#d1d5db"/>
${line('reference', reference.windows)}${line('app', app.windows)}
</svg>`
}

/** The interval of the ratio, and below it that of the reference against itself. */
function ratioPlot(ratio: Interval, noise: Interval): string {
  const most = Math.max(1.5, ratio.high, noise.high)
  const x = (value: number) => LEFT + (Math.min(value, most) / most) * (WIDTH - LEFT - 20)
  const bar = (y: number, color: string, { median, low, high }: Interval) =>
    `<line x1="${x(low).toFixed(1)}" y1="${y}" x2="${x(high).toFixed(1)}" y2="${y}" stroke="${color}" stroke-width="6"/><circle cx="${x(median).toFixed(1)}" cy="${y}" r="5" fill="${color}"/>`
  const mark = (value: number) =>
    `<line x1="${x(value).toFixed(1)}" y1="8" x2="${x(value).toFixed(1)}" y2="62" stroke="#d1d5db"/><text x="${x(value).toFixed(1)}" y="78" text-anchor="middle">${value}</text>`
  const text = ({ median, low, high }: Interval) =>
    `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
  return `<svg viewBox="0 0 ${WIDTH} 84" role="img" aria-label="ratio to the reference with its 95 % interval">
<text x="0" y="27">ratio</text><text x="0" y="54">noise</text>
${[0, 0.15, 0.25, 0.35, 0.5, 1].map(mark).join('')}
${bar(22, colors.app, ratio)}${bar(49, colors.reference, noise)}
</svg>
<p class="dim">ratio ${text(ratio)}, noise ${text(noise)}, 95 % intervals</p>`
}
