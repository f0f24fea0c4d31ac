import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { getProject } from '../../../cli/engine/find-project.js'
import { benchPage } from '../../../cli/ui/bench-page.js'
import { benchReport } from '../../../cli/ui/bench-report.js'
import { benchReportOf, scenarioOf } from '../engine/bench/reports.js'

const project = getProject('project-1')
const colors = picocolors.createColors(false)

test('the terminal shows rates, quantiles, the ratio with its interval, and the points', () => {
  const slow = scenarioOf({
    verdict: 'fail',
    share: 0.6,
    ratio: { median: 0.28, low: 0.26, high: 0.3 },
    reason: '0.28 of the reference',
  })
  const report = benchReportOf({
    verdict: 'fail',
    share: 0.6,
    scenarios: [slow],
    comparisons: [{ title: 'Warm against cold', app: 3.14, reference: 9.87 }],
  })
  const text = benchReport(report, project, colors)
  expect(text).toContain('project-1 · Task Management API  /home/ada/task-api')
  expect(text).toMatch(/✗ Lists {2}8 at a time/)
  expect(text).toMatch(/your server +█+ +1,235 \/s +p50 +4\.32 ms +p99 +23\.4 ms/)
  expect(text).toMatch(/ratio +0\.28 {2}\(95 %: 0\.26 to 0\.30\) {2}0 ·+─?◆·*\|·+ 1\.5/)
  expect(text).toContain('0.28 of the reference')
  expect(text).toContain("Warm against cold: 3.1 times the rate, the reference's 9.9 times")
  expect(text).toMatch(/60 % of the performance points {2}seed 42 · 40\.0 s · 2 cores, load 0\.1 before/)
})

test('a noisy machine is called so, and no points are named', () => {
  const { share: _none, ...noisy } = benchReportOf({ verdict: 'error', workspace: null })
  const text = benchReport(noisy, project, colors)
  expect(text).toContain('the reference against itself')
  expect(text).toMatch(/error: noisy machine\. It costs no points/)
  expect(text).not.toContain('% of the performance points')
})

test('what a server answers can break neither the terminal nor the page', () => {
  const nasty = '\u001b]0;owned\u0007<script>alert(1)</script>'
  const report = benchReportOf({
    verdict: 'fail',
    share: 0,
    problem: { code: 'APP_EXITED', message: nasty },
    scenarios: [scenarioOf({ verdict: 'fail', share: 0, reason: nasty }, 'unmeasured')],
  })
  expect(benchReport(report, project, colors)).not.toMatch(/[^\n\P{Cc}]/u)
  const page = benchPage(report, project)
  expect(page).not.toMatch(/[^\n\P{Cc}]/u)
  expect(page).not.toContain('<script')
  expect(page).toContain('&lt;script&gt;')
})

test('the page has a plot of the windows and one of the ratio, and loads nothing', () => {
  const page = benchPage(benchReportOf({ scenarios: [scenarioOf({}), scenarioOf({ id: 'two' })] }), project)
  expect(page.match(/<svg /g)).toHaveLength(4)
  expect(page.match(/<polyline [^>]*points="[\d., ]+"/g)).toHaveLength(4)
  expect(page).not.toMatch(/NaN|undefined|Infinity/)
  expect(page).not.toMatch(/\b(src|href)=|url\(|@import|https?:/)
})
