import type { Place, PreparedFile, PreparedSubmission } from './prepared.js'

/** The same tokens in a row on both sides: places are counted in tokens. */
export interface Match {
  readonly a: Place
  readonly b: Place
  readonly length: number
}

type Prints = ReadonlyMap<number, readonly Place[]>

interface Side {
  readonly submission: PreparedSubmission
  readonly prints: Prints
}

/**
 * What two submissions share, each token of either side in one match at most, in the order of the first one's files.
 * Fingerprints only say where to look: every match was compared token by token and reaches as far as the tokens are
 * equal and not the starter's.
 */
export function matchesOf(a: Side, b: Side, noiseTokens: number): readonly Match[] {
  const seeds: { readonly a: Place; readonly b: Place }[] = []
  const [few, many] = a.prints.size <= b.prints.size ? [a.prints, b.prints] : [b.prints, a.prints]
  for (const hash of few.keys()) {
    if (!many.has(hash)) continue
    for (const placeA of a.prints.get(hash) ?? [])
      for (const placeB of b.prints.get(hash) ?? []) seeds.push({ a: placeA, b: placeB })
  }
  seeds.sort((one, other) => one.a.file - other.a.file || one.a.at - other.a.at)
  // How far each pair of files has been compared, by how far apart their places are.
  const compared = new Map<string, number>()
  const found: Match[] = []
  for (const seed of seeds) {
    const diagonal = `${seed.a.file} ${seed.b.file} ${seed.a.at - seed.b.at}`
    if ((compared.get(diagonal) ?? 0) > seed.a.at) continue
    const match = extended(seed, a.submission, b.submission, noiseTokens)
    if (!match) continue
    compared.set(diagonal, match.a.at + match.length)
    found.push(match)
  }
  return tiles(found, a.submission, b.submission, noiseTokens)
}

function extended(
  seed: { readonly a: Place; readonly b: Place },
  a: PreparedSubmission,
  b: PreparedSubmission,
  noiseTokens: number,
): Match | undefined {
  const [fileA, fileB] = [a.files[seed.a.file] as PreparedFile, b.files[seed.b.file] as PreparedFile]
  const same = (n: number) => {
    const [atA, atB] = [seed.a.at + n, seed.b.at + n]
    return atA >= 0 && atB >= 0 && atA < fileA.tokens.length && fileA.tokens[atA] === fileB.tokens[atB]
  }
  const given = (n: number) => fileA.given[seed.a.at + n] === 1 || fileB.given[seed.b.at + n] === 1
  for (let n = 0; n < noiseTokens; n++) if (!same(n)) return undefined
  let [from, to] = [0, noiseTokens]
  while (same(from - 1) && !given(from - 1)) from -= 1
  while (same(to) && !given(to)) to += 1
  while (from < to && given(from)) from += 1
  while (from < to && given(to - 1)) to -= 1
  if (from === to) return undefined
  return {
    a: { file: seed.a.file, at: seed.a.at + from },
    b: { file: seed.b.file, at: seed.b.at + from },
    length: to - from,
  }
}

/** The longest matches first; of later ones what no earlier one covers, if it is not noise (Wise, "YAP3", 1996). */
function tiles(
  found: readonly Match[],
  a: PreparedSubmission,
  b: PreparedSubmission,
  noiseTokens: number,
): readonly Match[] {
  const [takenA, takenB] = [a, b].map(({ files }) => files.map(({ tokens }) => new Uint8Array(tokens.length)))
  const kept: Match[] = []
  const byLength = [...found].sort(
    (one, other) => other.length - one.length || one.a.file - other.a.file || one.a.at - other.a.at,
  )
  for (const match of byLength) {
    const inA = takenA?.[match.a.file] as Uint8Array
    const inB = takenB?.[match.b.file] as Uint8Array
    const free = (n: number) => n < match.length && !inA[match.a.at + n] && !inB[match.b.at + n]
    for (let from = 0; from < match.length; from++) {
      let to = from
      while (free(to)) to += 1
      // A whole match counts even if the starter's tokens at its ends were cut off.
      if (to - from >= noiseTokens || (to - from === match.length && to > from)) {
        const [placeA, placeB] = [match.a, match.b].map(({ file, at }) => ({ file, at: at + from })) as [
          Place,
          Place,
        ]
        kept.push({ a: placeA, b: placeB, length: to - from })
        inA.fill(1, placeA.at, placeA.at + to - from)
        inB.fill(1, placeB.at, placeB.at + to - from)
      }
      from = Math.max(from, to)
    }
  }
  return kept.sort((one, other) => one.a.file - other.a.file || one.a.at - other.a.at)
}
