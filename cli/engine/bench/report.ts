import type { LoadFault } from './load.js'
import type { Interval } from './statistics.js'

/** What one app did in all windows of a scenario. */
export interface Measured {
  /** The median of the windows. */
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly requests: number
  /** Answers per second in each window, in order. */
  readonly windows: readonly number[]
}

/**
 * pass: all points; fail: less; error: the reference differed too much from itself, so that nobody loses points;
 * reported: measured besides, without points.
 */
export type ScenarioVerdict = 'pass' | 'fail' | 'error' | 'reported'

export interface ScenarioReport {
  readonly id: string
  readonly title: string
  readonly connections: number
  readonly durationMs: number
  readonly weight: number
  readonly verdict: ScenarioVerdict
  /** Share of the scenario's points that was earned. */
  readonly share: number
  /** Why it is not `pass`. */
  readonly reason?: string
  readonly fault?: LoadFault
  /** Absent after a wrong answer. */
  readonly app?: Measured
  readonly reference?: Measured
  /** The app's rate to the reference's. */
  readonly ratio?: Interval
  /** The rate of a second copy of the reference to the reference's, in the same windows. */
  readonly noise?: Interval
}

export interface ComparisonReport {
  readonly title: string
  /** How many times the rate of the slow scenario the fast one has. */
  readonly app: number
  readonly reference: number
}

/** The whole outcome of a benchmark; every report derives from it. */
export interface BenchReport {
  readonly version: 1
  readonly bep: string
  readonly project: string
  /** The folder that was measured; null where the reference was measured against itself. */
  readonly workspace: string | null
  readonly startedAt: string
  readonly durationMs: number
  readonly seed: number
  readonly services: Readonly<Record<string, string>>
  readonly machine: { readonly cpus: number; readonly loadBefore: number }
  readonly verdict: 'pass' | 'fail' | 'error'
  /** Share of the row's points that was earned; undefined where the verdict is `error`. */
  readonly share?: number
  /** Why the app could not be measured at all. */
  readonly problem?: { readonly code: string; readonly message: string; readonly fix?: string }
  readonly scenarios: readonly ScenarioReport[]
  readonly comparisons: readonly ComparisonReport[]
}
