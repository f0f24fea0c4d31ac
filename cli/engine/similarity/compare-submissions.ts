import { clustersOf } from './clusters.js'
import type { Winnowing } from './fingerprints.js'
import { type Match, matchesOf } from './matches.js'
import {
  commonRuns,
  fingerprintsOf,
  type Place,
  type PreparedFile,
  type PreparedSubmission,
  prepare,
  runsOf,
} from './prepared.js'
import type { Region, SimilarityReport, SimilarPair } from './report.js'
import type { Skipped, SourceFile } from './source-files.js'

export interface ComparedSubmission {
  /** Unique among those compared. */
  readonly id: string
  readonly sources: readonly SourceFile[]
  readonly skipped: readonly Skipped[]
}

export interface SimilarityOptions extends Winnowing {
  /** What everybody was given. */
  readonly starter: readonly SourceFile[]
  /** What more submissions than this hold is not counted; by default ten, or a fifth of them if that is more. */
  readonly commonAbove?: number | undefined
  /** Pairs of which neither side has at least this share in the other are not listed: 0 to 1. */
  readonly threshold: number
  readonly signal?: AbortSignal | undefined
  readonly onStep?: (text: string) => void
}

/** Compares each submission with each other one. */
export async function compareSubmissions(
  submissions: readonly ComparedSubmission[],
  options: SimilarityOptions,
): Promise<SimilarityReport> {
  const { starter, threshold, noiseTokens, guaranteedTokens, signal, onStep } = options
  const commonAbove = options.commonAbove ?? Math.max(10, Math.ceil(submissions.length / 5))
  const given = runsOf(starter, options)
  const prepared: PreparedSubmission[] = []
  for (const submission of submissions) {
    onStep?.(`reading ${submission.id}`)
    prepared.push(prepare(submission, given, options))
    await breath(signal)
  }
  const common = commonRuns(prepared, commonAbove)
  const sides = prepared.map(submission => ({
    submission,
    prints: fingerprintsOf(submission, options, hash => given.has(hash) || common.has(hash)),
  }))
  const pairs: SimilarPair[] = []
  for (const [n, a] of sides.entries()) {
    onStep?.(`comparing ${a.submission.id}`)
    for (const b of sides.slice(n + 1)) {
      const matches = matchesOf(a, b, noiseTokens)
      const pair = pairOf(a.submission, b.submission, matches, noiseTokens)
      if (pair && Math.max(pair.aInB, pair.bInA) >= threshold) pairs.push(pair)
    }
    await breath(signal)
  }
  pairs.sort((one, other) => highest(other) - highest(one) || other.tokens - one.tokens)
  return {
    version: 1,
    settings: { guaranteedTokens, noiseTokens, commonAbove, threshold },
    submissions: prepared.map(({ id, files, ownTokens, skipped }) => ({
      id,
      files: files.length,
      tokens: ownTokens,
      skipped,
    })),
    pairs,
    clusters: clustersOf(pairs),
  }
}

const highest = ({ aInB, bInA }: SimilarPair) => Math.max(aInB, bInA)

/** Lets signals and the status line in. */
async function breath(signal: AbortSignal | undefined): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  signal?.throwIfAborted()
}

function pairOf(
  a: PreparedSubmission,
  b: PreparedSubmission,
  matches: readonly Match[],
  noiseTokens: number,
): SimilarPair | undefined {
  const tokens = matches.reduce((sum, match) => sum + match.length, 0)
  if (tokens === 0) return undefined
  return {
    a: a.id,
    b: b.id,
    // Given tokens inside a match are few, but they must not make it more than all.
    aInB: Math.min(1, tokens / a.ownTokens),
    bInA: Math.min(1, tokens / b.ownTokens),
    tokens,
    regions: merged(matches, noiseTokens).map(match => regionOf(match, a, b)),
  }
}

interface Stretch {
  readonly a: Place & { readonly end: number }
  readonly b: Place & { readonly end: number }
  readonly tokens: number
}

/** Matches that follow each other on both sides with little between them become one: a line was put in or changed. */
function merged(matches: readonly Match[], gap: number): readonly Stretch[] {
  const stretches: Stretch[] = []
  for (const { a, b, length } of matches) {
    const next = { a: { ...a, end: a.at + length }, b: { ...b, end: b.at + length }, tokens: length }
    const last = stretches.at(-1)
    const follows = (before: Stretch['a'], after: Place) =>
      before.file === after.file && after.at >= before.end && after.at - before.end <= gap
    if (last && follows(last.a, a) && follows(last.b, b)) {
      stretches.pop()
      stretches.push({
        a: { ...last.a, end: next.a.end },
        b: { ...last.b, end: next.b.end },
        tokens: last.tokens + length,
      })
    } else stretches.push(next)
  }
  return stretches
}

function regionOf({ a, b, tokens }: Stretch, inA: PreparedSubmission, inB: PreparedSubmission): Region {
  return { a: linesOf(a, inA), b: linesOf(b, inB), tokens }
}

function linesOf({ file, at, end }: Stretch['a'], { files }: PreparedSubmission): Region['a'] {
  const { file: name, lines, endLines } = files[file] as PreparedFile
  return { file: name, from: lines[at] as number, to: endLines[end - 1] as number }
}
