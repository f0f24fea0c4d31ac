import type { Skipped } from './source-files.js'

/** Lines of a file, the first and the last included; they count from 1. */
export interface Lines {
  readonly file: string
  readonly from: number
  readonly to: number
}

/** Code that is the same on both sides once names, literals, comments and format are left out. */
export interface Region {
  readonly a: Lines
  readonly b: Lines
  readonly tokens: number
}

/** Two submissions that share something, for a human to look at: never a verdict. */
export interface SimilarPair {
  readonly a: string
  readonly b: string
  /** How much of `a`'s own code is in `b`, from 0 to 1, and the other way round. */
  readonly aInB: number
  readonly bInA: number
  readonly tokens: number
  readonly regions: readonly Region[]
}

/** Submissions that are linked by listed pairs. */
export interface Cluster {
  readonly members: readonly string[]
  /** The most that one of them shares with another. */
  readonly most: number
}

export interface SimilarityReport {
  readonly version: 1
  readonly settings: {
    readonly guaranteedTokens: number
    readonly noiseTokens: number
    /** What more submissions than this hold is not counted. */
    readonly commonAbove: number
    /** Pairs below this share are not listed. */
    readonly threshold: number
  }
  readonly submissions: readonly {
    readonly id: string
    readonly files: number
    /** Tokens that are not the starter's. */
    readonly tokens: number
    /** Sources that were not compared. */
    readonly skipped: readonly Skipped[]
  }[]
  /** The most similar ones first. */
  readonly pairs: readonly SimilarPair[]
  readonly clusters: readonly Cluster[]
}
