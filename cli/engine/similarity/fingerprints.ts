/** What is taken for a match. */
export interface Winnowing {
  /** Shorter matches are noise: the length k of the hashed runs of tokens. */
  readonly noiseTokens: number
  /** Every match of at least this many tokens is found. */
  readonly guaranteedTokens: number
}

/** A token's hash: FNV-1a. */
export function tokenHash(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

const base = 0x2c1b3c6d

/** The hash of each run of `length` tokens; none where there are fewer. */
export function runHashes(tokens: Uint32Array, length: number): Uint32Array {
  if (tokens.length < length) return new Uint32Array(0)
  const hashes = new Uint32Array(tokens.length - length + 1)
  let leading = 1
  for (let n = 1; n < length; n++) leading = Math.imul(leading, base)
  let rolling = 0
  for (let at = 0; at < tokens.length; at++) {
    if (at >= length) rolling -= Math.imul(tokens[at - length] as number, leading)
    rolling = (Math.imul(rolling, base) + (tokens[at] as number)) | 0
    if (at >= length - 1) hashes[at - length + 1] = scattered(rolling)
  }
  return hashes
}

/** The minimum of plain rolling hashes would favour some runs: this spreads them (the last steps of MurmurHash3). */
function scattered(hash: number): number {
  let spread = hash ^ (hash >>> 16)
  spread = Math.imul(spread, 0x85ebca6b)
  spread ^= spread >>> 13
  spread = Math.imul(spread, 0xc2b2ae35)
  return (spread ^ (spread >>> 16)) >>> 0
}

/**
 * The places of the hashes that stand for all of them: robust winnowing (Schleimer, Wilkerson and Aiken, "Winnowing:
 * Local Algorithms for Document Fingerprinting", SIGMOD 2003). Of every `guaranteedTokens - noiseTokens + 1` hashes in
 * a row at least one is taken, the same one wherever that row occurs. Left out are those that `ignored` names; a row
 * of nothing else has none.
 */
export function winnow(
  hashes: Uint32Array,
  { noiseTokens, guaranteedTokens }: Winnowing,
  ignored: (hash: number) => boolean,
): number[] {
  const window = Math.min(guaranteedTokens - noiseTokens + 1, hashes.length)
  const weights = Float64Array.from(hashes, hash => (ignored(hash) ? Infinity : hash))
  const taken: number[] = []
  let least = -1
  for (let end = window - 1; end >= 0 && end < weights.length; end++) {
    const from = end - window + 1
    if (least < from) {
      least = from
      for (let at = from; at <= end; at++) if (weight(at) <= weight(least)) least = at
    } else if (weight(end) < weight(least)) least = end
    else continue
    if (weight(least) < Infinity) taken.push(least)
  }
  return taken

  function weight(at: number): number {
    return weights[at] as number
  }
}
