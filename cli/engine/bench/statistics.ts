import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A ratio with the interval that holds the true one in 95 of 100 runs. */
export interface Interval {
  readonly median: number
  readonly low: number
  readonly high: number
}

const RESAMPLES = 2_000
const CONFIDENCE = 0.95

/** The value below which the share `part` of them lies, between neighbours by their distance; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [below, above] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return below + (above - below) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/**
 * The median and its 95 % interval by the bootstrap's percentiles (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, chapter 13). The same values and seed give the same interval.
 */
export function bootstrapMedian(values: readonly number[], seed: number): Interval {
  const generator = xoroshiro128plus(seed)
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[uniformInt(generator, 0, values.length - 1)] ?? Number.NaN)),
  )
  const tail = (1 - CONFIDENCE) / 2
  return { median: median(values), low: quantile(medians, tail), high: quantile(medians, 1 - tail) }
}
