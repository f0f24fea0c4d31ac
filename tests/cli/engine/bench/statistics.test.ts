import { expect, test } from 'vitest'
import { bootstrapMedian, median, quantile } from '../../../../cli/engine/bench/statistics.js'

test('quantiles lie between neighbours by their distance, whatever the order of the values', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(quantile([40, 10, 30, 20, 50], 0.99)).toBeCloseTo(49.6)
  expect(quantile([7], 0.99)).toBe(7)
  expect(median([])).toBeNaN()
})

test('values that do not differ have an interval without width', () => {
  expect(bootstrapMedian([1.2, 1.2, 1.2, 1.2], 1)).toEqual({ median: 1.2, low: 1.2, high: 1.2 })
})

test('the interval is that of the medians that could have come out', () => {
  // Of three values drawn with repetition the median is the least in 7 of 27 cases, the greatest as often.
  expect(bootstrapMedian([0.9, 1, 1.1], 5)).toEqual({ median: 1, low: 0.9, high: 1.1 })
  // One outlier of nine is hardly ever drawn five times.
  expect(bootstrapMedian([1, 1, 1, 1, 9, 1, 1, 1, 1], 5)).toEqual({ median: 1, low: 1, high: 1 })
})

test('more values of the same spread make it narrower, and a seed repeats it', () => {
  const spread = Array.from({ length: 60 }, (_, n) => 0.8 + ((n * 7) % 20) / 50)
  const width = (values: readonly number[]) => {
    const { low, high } = bootstrapMedian(values, 3)
    return high - low
  }
  expect(width(spread)).toBeLessThan(width(spread.slice(0, 10)) / 1.5)
  expect(bootstrapMedian(spread, 3)).toEqual(bootstrapMedian(spread, 3))
})
