export type Side = 'yours' | 'reference'

/**
 * Which id of one app stands for which of the other. Each id has a number, in the order in which the reference's
 * appeared; ids that were given out at the same place have the same one.
 */
export class IdPairs {
  readonly #numbers = { yours: new Map<string, number>(), reference: new Map<string, number>() }
  /** The learner's id for one of the reference's. */
  readonly #partners = new Map<string, string>()
  readonly #owners = new Map<string, string>()
  #last = 0

  /** Takes both as ids of one thing if nothing speaks against it; whether they are. */
  pair(yours: unknown, reference: unknown): boolean {
    const [mine, theirs] = [String(yours), String(reference)]
    const partner = this.#partners.get(theirs)
    if (partner !== undefined) return partner === mine
    // Ids that count up are of one table only: user 1 and task 1 are two things, for which the reference has two ids.
    if (this.#owners.has(mine) && !isCount(mine)) return false
    this.#partners.set(theirs, mine)
    this.#owners.set(mine, theirs)
    this.#numbers.yours.set(mine, this.numberOf('reference', theirs))
    return true
  }

  numberOf(side: Side, id: unknown): number {
    const numbers = this.#numbers[side]
    const known = numbers.get(String(id))
    if (known !== undefined) return known
    this.#last += 1
    numbers.set(String(id), this.#last)
    return this.#last
  }

  /** The number of an id that has a partner in the other app. */
  paired(side: Side, id: unknown): number | undefined {
    const found = side === 'yours' ? this.#owners.has(String(id)) : this.#partners.has(String(id))
    return found ? this.numberOf(side, id) : undefined
  }

  /** A text with `<id 1>` for each id in it that both apps have. */
  inText(side: Side, text: string): string {
    const ids = side === 'yours' ? this.#owners : this.#partners
    let replaced = text
    for (const id of ids.keys()) {
      if (id.length >= shortestInText) replaced = replaced.replaceAll(id, `<id ${this.numberOf(side, id)}>`)
    }
    return replaced
  }
}

/** Shorter ones may stand in a text by chance. */
const shortestInText = 8

const isCount = (id: string): boolean => /^\d{1,15}$/.test(id)

const sameTimeWithinMs = 60_000

/** Which times of two answers are the same: those that a client sent to the millisecond, others as to when they were made. */
export class TimePairs {
  readonly #sent: ReadonlySet<number>

  /** Takes the times out of what was sent. */
  constructor(sent: readonly string[]) {
    const times = sent.flatMap(
      text => text.match(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)/gi) ?? [],
    )
    this.#sent = new Set(times.map(time => Date.parse(time)))
  }

  wasSent(time: string): boolean {
    return this.#sent.has(Date.parse(time))
  }

  same(yours: string, reference: string): boolean {
    const apartMs = Math.abs(Date.parse(yours) - Date.parse(reference))
    return apartMs <= (this.wasSent(reference) ? 0 : sameTimeWithinMs)
  }
}
