import type { Excuse } from '../../../../graders/kit/excuse.js'
import type { Mutation } from './mutations.js'

interface Excused {
  readonly excused: readonly Mutation[]
  readonly others: readonly Mutation[]
  /** Excuses without a mutant: the line, or what is done to it, has changed. */
  readonly stale: readonly Excuse[]
}

/** Parts the mutants that are excused from the others. */
export function excuse(mutations: readonly Mutation[], excuses: readonly Excuse[]): Excused {
  const isExcused = (mutation: Mutation) => excuses.some(one => fits(one, mutation))
  return {
    excused: mutations.filter(isExcused),
    others: mutations.filter(mutation => !isExcused(mutation)),
    stale: excuses.filter(one => !mutations.some(mutation => fits(one, mutation))),
  }
}

function fits({ file, line, nth = 1, rule, from, to }: Excuse, mutation: Mutation): boolean {
  return (
    mutation.file === file &&
    mutation.lineText === line &&
    mutation.nth === nth &&
    mutation.rule === rule &&
    (from === undefined || mutation.from === from) &&
    (to === undefined || mutation.to === to)
  )
}
