import type { Project } from '../../../projects/catalog.js'

/** The proofs in the order in which they run: a later one means little when an earlier one fails. */
export type ProofId =
  | 'ledger'
  | 'reference'
  | 'reached-lines'
  | 'starter'
  | 'null-apps'
  | 'subjects'
  | 'mutants'
/** The proofs, and what `--repeat` adds to them. */
export type StepId = ProofId | 'repeat'

/** A check that failed where it should not have, or in which a planted bug was caught. */
export interface FailedCheck {
  readonly row: string
  readonly check: string
  readonly message: string
}

/** One thing that was tried: a gap of the ledger, an app that was graded, a planted bug. */
export interface VerifiedCase {
  readonly name: string
  readonly passed: boolean
  /** What came out, in a few words. */
  readonly outcome: string
  /** What is wrong and how it is mended; empty when the case passed. */
  readonly problem?: string
  readonly earned?: number
  /** The lines of a reference that no check reached, a text for each file. */
  readonly unreached?: readonly string[]
  readonly failed?: readonly FailedCheck[]
}

export interface VerifiedStep {
  readonly id: StepId
  readonly verdict: 'pass' | 'fail' | 'notRun'
  /** Why it did not run. */
  readonly reason?: string
  readonly durationMs: number
  readonly cases: readonly VerifiedCase[]
}

export interface VerifiedProject {
  readonly project: string
  readonly passed: boolean
  readonly steps: readonly VerifiedStep[]
}

/** The whole outcome of `bep verify`; what it prints derives from this. */
export interface VerifyReport {
  readonly version: 1
  readonly bep: string
  readonly seed: number
  /** The planted bugs that alone were tried; absent when all was. */
  readonly bugs?: readonly string[]
  /** The part of the work that was done, such as `1/4`; absent when all was. */
  readonly shard?: string
  readonly services: Readonly<Record<string, string>>
  readonly passed: boolean
  readonly durationMs: number
  readonly projects: readonly VerifiedProject[]
}

/** How the work goes on, for whoever watches. Projects are verified side by side. */
export interface VerifyProgress {
  readonly onStart?: (project: Project, step: StepId, cases: number) => void
  readonly onCase?: (project: Project, step: StepId, name: string) => void
  readonly onStep?: (project: Project, step: VerifiedStep) => void
}
