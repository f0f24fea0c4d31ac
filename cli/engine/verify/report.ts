import type { MutationRule } from '../../../graders/kit/excuse.js'
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
/** What `--bench` measures. */
export type BenchProofId = 'noise-band' | 'slow-variants'
/** The proofs, and what `--generated`, `--repeat` and `--bench` add to them. */
export type StepId = ProofId | 'generated' | 'repeat' | BenchProofId

/** A check that failed where it should not have, or in which a planted bug was caught. */
export interface FailedCheck {
  readonly row: string
  readonly check: string
  readonly message: string
}

/** Where a generated mutant is, and what it changes there. */
export interface GeneratedMutant {
  /** Path inside the reference's folder. */
  readonly file: string
  readonly line: number
  readonly lineText: string
  readonly rule: MutationRule
  readonly from: string
  readonly to: string
}

/** How many of the generated mutants were caught, and what became of the others. */
export interface CatchRate {
  /** All that the rules make of the reference. */
  readonly made: number
  readonly excused: number
  /** Do not compile, or change nothing that runs; of a sample only those that were drawn. */
  readonly rejected: number
  readonly tried: number
  readonly caught: number
  /** The part of `tried` that must be caught. */
  readonly least: number
  /** By which a sample was drawn; absent when all were tried. */
  readonly seed?: number
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
  readonly mutant?: GeneratedMutant
}

/** Cases of which some may fail, as long as enough pass. */
export interface RatedCases {
  readonly passed: boolean
  readonly tried: Pick<VerifiedStep, 'cases' | 'rate'>
}

export interface VerifiedStep {
  readonly id: StepId
  readonly verdict: 'pass' | 'fail' | 'notRun'
  /** Why it did not run. */
  readonly reason?: string
  readonly durationMs: number
  readonly cases: readonly VerifiedCase[]
  /** Of the step `generated`. */
  readonly rate?: CatchRate
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
  /** Whether generated mutants alone were tried. */
  readonly generated?: true
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
