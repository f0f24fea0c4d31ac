import { diffArrays } from 'diff'

/** One place of two lists: an index in each, or in one of them. */
export interface Place {
  readonly yours?: number
  readonly reference?: number
}

// Lists that have less than this in common are compared place by place.
const maxEditLength = 1_000

/** Puts two lists beside each other: equal entries by their order, what is between them place by place. */
export function align(yours: readonly string[], reference: readonly string[]): readonly Place[] {
  const parts = diffArrays([...yours], [...reference], { maxEditLength }) as
    | ReturnType<typeof diffArrays>
    | undefined
  if (!parts) return between([0, yours.length], [0, reference.length])
  const places: Place[] = []
  let [mine, theirs] = [0, 0]
  let [myNext, theirNext] = [0, 0]
  const flush = () => {
    places.push(...between([mine, myNext], [theirs, theirNext]))
    mine = myNext
    theirs = theirNext
  }
  for (const { added, removed, value } of parts) {
    if (added) theirNext += value.length
    else if (removed) myNext += value.length
    else {
      flush()
      myNext += value.length
      theirNext += value.length
      flush()
    }
  }
  flush()
  return places
}

type Range = readonly [from: number, to: number]

function between([mine, myEnd]: Range, [theirs, theirEnd]: Range): readonly Place[] {
  return Array.from({ length: Math.max(myEnd - mine, theirEnd - theirs) }, (_, n) => ({
    ...(mine + n < myEnd && { yours: mine + n }),
    ...(theirs + n < theirEnd && { reference: theirs + n }),
  }))
}

/** Puts two lists with the same entries in different orders beside each other, like to like, in the order of the first. */
export function alike(yours: readonly string[], reference: readonly string[]): readonly Place[] {
  const rest = new Map<string, number[]>()
  for (const [index, text] of reference.entries()) rest.set(text, [...(rest.get(text) ?? []), index])
  return yours.map((text, index) => {
    const found = rest.get(text)?.shift()
    return { yours: index, ...(found !== undefined && { reference: found }) }
  })
}
