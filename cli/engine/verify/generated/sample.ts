import { randomFor } from '../../../../graders/kit/random.js'

/** The same values in an order that `seed` and `title` decide. */
export function shuffled<T>(values: readonly T[], seed: number, title: string): readonly T[] {
  const random = randomFor(seed, title)
  const rest = [...values]
  return values.flatMap(() => rest.splice(random.integer(0, rest.length - 1), 1))
}
