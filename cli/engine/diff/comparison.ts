import type { IdPairs, TimePairs } from './pairs.js'

/** `free`: another value than the reference's, which the brief allows. */
export type Mark = 'same' | 'differs' | 'free'

/** One line of the two answers; without a text where that answer has none there. */
export interface Line {
  readonly yours?: string | undefined
  readonly reference?: string | undefined
  readonly mark: Mark
}

export interface Difference {
  /** Such as `status`, `header location` or `body.items[0].title`. */
  readonly at: string
  readonly kind: 'missing' | 'extra' | 'type' | 'value' | 'order'
  /** Said after the place: `is missing`. */
  readonly says: string
  /** The brief leaves it to the learner: it does not count. */
  readonly free: boolean
}

/** A part of the answers that was compared. */
export interface Compared {
  readonly lines: readonly Line[]
  readonly differences: readonly Difference[]
}

/** What is known about both apps while their answers are compared. */
export interface Acquaintance {
  readonly ids: IdPairs
  readonly times: TimePairs
}

const maxShown = 80

/** `yours 200, reference 201`, with long values cut. */
export function bothSay(yours: string, reference: string): string {
  const short = (text: string) => (text.length > maxShown ? `${text.slice(0, maxShown - 1)}…` : text)
  return `yours ${short(yours)}, reference ${short(reference)}`
}
