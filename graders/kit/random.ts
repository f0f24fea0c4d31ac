import { createHash } from 'node:crypto'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Values for one check, drawn from the run's seed and the check's title alone: the same in every order. */
export interface Random {
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number
  /** `length` lower-case ASCII letters. */
  letters(length: number): string
  pick<T>(values: readonly [T, ...T[]]): T
}

export function randomFor(seed: number, title: string): Random {
  const generator = xoroshiro128plus(createHash('sha256').update(`${seed}:${title}`).digest().readInt32LE())
  const integer = (min: number, max: number) => uniformInt(generator, min, max)
  return {
    integer,
    letters: length => Array.from({ length }, () => String.fromCharCode(97 + integer(0, 25))).join(''),
    pick: values => values[integer(0, values.length - 1)] ?? values[0],
  }
}
