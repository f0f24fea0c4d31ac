import type { Results } from '../results.js'

/** How much of something was reached. */
export interface Share {
  readonly reached: number
  readonly total: number
}

/** What is counted. A line counts when a statement begins on it; branches and functions are V8's. */
export const metrics = ['lines', 'branches', 'functions'] as const
export type Metric = (typeof metrics)[number]
export type Shares = Readonly<Record<Metric, Share>>
/** Percentages that must be reached, from 0 to 100. */
export type Thresholds = Readonly<Record<Metric, number>>

/** Of what is not there, all was reached. */
export const percentOf = ({ reached, total }: Share): number => (total === 0 ? 100 : (100 * reached) / total)

/** A file and the lines of it that were not reached, such as `12` or `20-25`. */
export interface FileCoverage extends Shares {
  readonly file: string
  readonly unreached: readonly string[]
}

export interface Coverage {
  readonly totals: Shares
  readonly files: readonly FileCoverage[]
  /** The page to open. */
  readonly html: string
}

/** Coverage by the learner's own tests. */
export interface TestsCoverage {
  readonly command: string
  /** Why the command failed; absent when it succeeded. */
  readonly failure?: string
  /** Absent where there is no JavaScript to measure; `unmeasured` says so. */
  readonly coverage?: Coverage
  readonly unmeasured?: string
  /** The metrics that are below their threshold. */
  readonly below: readonly Metric[]
  readonly notices: readonly string[]
}

/** A route of the brief, and what the checks asked of it. */
export interface RouteCoverage {
  readonly method: string
  /** As it is written there: `/users/:id`. */
  readonly path: string
  readonly requests: number
  /** Ascending; a request without an answer has none. */
  readonly statuses: readonly number[]
}

/** What the grader reached of the app. */
export interface GraderCoverage {
  readonly earned: number
  readonly possible: number
  /** Why the app could not be graded, or not wholly. */
  readonly problem?: Results['problem']
  readonly coverage?: Coverage
  readonly unmeasured?: string
  readonly routes: readonly RouteCoverage[]
  /** Requests that belong to no route. */
  readonly otherRequests: number
  readonly notices: readonly string[]
}

/** The whole outcome of `bep coverage`; what it prints derives from this. */
export interface CoverageReport {
  readonly version: 1
  readonly bep: string
  readonly project: string
  readonly workspace: string
  readonly thresholds: Thresholds
  readonly services: Readonly<Record<string, string>>
  readonly passed: boolean
  readonly tests?: TestsCoverage
  readonly grader?: GraderCoverage
}
