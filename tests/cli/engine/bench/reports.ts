import type { BenchReport, Measured, ScenarioReport } from '../../../../cli/engine/bench/report.js'

const measured: Measured = {
  perSecond: 1_234.5,
  p50Ms: 4.321,
  p99Ms: 23.45,
  requests: 4_000,
  windows: [1_200, 1_250, 1_234.5],
}
const around = (median: number) => ({ median, low: median - 0.05, high: median + 0.05 })

/** A scenario that was measured, with these changes; `unmeasured` leaves all figures out. */
export function scenarioOf(changes: Partial<ScenarioReport>, unmeasured?: 'unmeasured'): ScenarioReport {
  const figures = { app: measured, reference: measured, ratio: around(1), noise: around(1) }
  return {
    id: 'list',
    title: 'Lists',
    connections: 8,
    durationMs: 9_000,
    weight: 1,
    verdict: 'pass',
    share: 1,
    ...(unmeasured === undefined && figures),
    ...changes,
  }
}

/** A report of project-1 with these changes. */
export function benchReportOf(changes: Partial<BenchReport>): BenchReport {
  return {
    version: 1,
    bep: '0.1.0',
    project: 'project-1',
    workspace: '/home/ada/task-api',
    startedAt: '2026-03-01T09:30:00.000Z',
    durationMs: 40_000,
    seed: 42,
    services: { postgres: 'local 18.4' },
    machine: { cpus: 2, loadBefore: 0.1 },
    verdict: 'pass',
    share: 1,
    scenarios: [scenarioOf({})],
    comparisons: [],
    ...changes,
  }
}
