import { withinMs } from './deadline.js'
import { runHashes, tokenHash, type Winnowing, winnow } from './fingerprints.js'
import type { Skipped, SourceFile } from './source-files.js'
import { tokenise } from './tokens.js'

/** A source as numbers. */
export interface PreparedFile extends SourceFile {
  /** The hash of each token. */
  readonly tokens: Uint32Array
  /** The lines on which each token begins and ends. */
  readonly lines: Uint32Array
  readonly endLines: Uint32Array
  /** The hash of each run of `noiseTokens` tokens. */
  readonly runs: Uint32Array
  /** 1 for each token of the starter's. */
  readonly given: Uint8Array
}

export interface PreparedSubmission {
  readonly id: string
  readonly files: readonly PreparedFile[]
  /** Tokens that are not the starter's. */
  readonly ownTokens: number
  readonly skipped: readonly Skipped[]
}

const maxTokens = 200_000
const tokeniseMs = 2_000

/** The hashes of all runs of tokens in these sources. */
export function runsOf(sources: readonly SourceFile[], { noiseTokens }: Winnowing): Set<number> {
  const runs = new Set<number>()
  for (const { file, text } of sources) {
    const hashes = Uint32Array.from(tokenise(file, text), token => tokenHash(token.text))
    for (const hash of runHashes(hashes, noiseTokens)) runs.add(hash)
  }
  return runs
}

/**
 * Makes tokens of a submission's sources and marks those that lie in a run of the starter's. A file that takes longer
 * than two seconds, or would make more than 200,000 tokens of a submission, is left out.
 */
export function prepare(
  submission: {
    readonly id: string
    readonly sources: readonly SourceFile[]
    readonly skipped: readonly Skipped[]
  },
  starter: ReadonlySet<number>,
  { noiseTokens }: Winnowing,
): PreparedSubmission {
  const files: PreparedFile[] = []
  const skipped = [...submission.skipped]
  let room = maxTokens
  let ownTokens = 0
  for (const source of submission.sources) {
    const found = withinMs(tokeniseMs, () => tokenise(source.file, source.text))
    if (found === undefined || found.length > room) {
      const why = found ? `past ${maxTokens.toLocaleString('en')} tokens` : 'no tokens within two seconds'
      skipped.push({ file: source.file, why })
      continue
    }
    room -= found.length
    const tokens = Uint32Array.from(found, token => tokenHash(token.text))
    const runs = runHashes(tokens, noiseTokens)
    const given = new Uint8Array(tokens.length)
    runs.forEach((hash, at) => {
      if (starter.has(hash)) given.fill(1, at, at + noiseTokens)
    })
    ownTokens += given.reduce((own, mark) => own - mark, given.length)
    const [lines, endLines] = [
      Uint32Array.from(found, token => token.line),
      Uint32Array.from(found, token => token.endLine),
    ]
    files.push({ ...source, tokens, lines, endLines, runs, given })
  }
  return { id: submission.id, files, ownTokens, skipped }
}

/** Where a fingerprint is: a file and the first token of the run. */
export interface Place {
  readonly file: number
  readonly at: number
}

// A run that a submission repeats more often than this is known well enough from its first places.
const maxPlaces = 8

/** A submission's fingerprints and where they are. */
export function fingerprintsOf(
  { files }: PreparedSubmission,
  winnowing: Winnowing,
  ignored: (hash: number) => boolean,
): Map<number, Place[]> {
  const prints = new Map<number, Place[]>()
  files.forEach(({ runs }, file) => {
    for (const at of winnow(runs, winnowing, ignored)) {
      const hash = runs[at] as number
      const places = prints.get(hash)
      if (!places) prints.set(hash, [{ file, at }])
      else if (places.length < maxPlaces) places.push({ file, at })
    }
  })
  return prints
}

/** The runs that more than `limit` submissions hold: what everybody writes. */
export function commonRuns(submissions: readonly PreparedSubmission[], limit: number): Set<number> {
  const each = submissions.map(({ files }) => {
    const held = new Set<number>()
    for (const { runs } of files) for (const hash of runs) held.add(hash)
    return held
  })
  const all = new Uint32Array(each.reduce((sum, { size }) => sum + size, 0))
  let end = 0
  for (const held of each) for (const hash of held) all[end++] = hash
  all.sort()
  const common = new Set<number>()
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to] === all[from]) to += 1
    if (to - from > limit) common.add(all[from] as number)
  }
  return common
}
