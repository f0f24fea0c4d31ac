import type { GradeRecord } from './grade-record.js'
import { isJudged, type MarkedClass, outcomeOf } from './mark.js'

/** A batch in figures. */
export interface ClassStatistics {
  readonly outcomes: Readonly<Record<GradeRecord['outcome'], number>>
  /** Marks of what was handed in and has one. */
  readonly marks: Spread | undefined
  /** Marks in ten equal parts of what can be had; the last one holds the full mark. */
  readonly histogram: readonly Bin[]
  /** Hardest first. */
  readonly rows: readonly RowStatistics[]
  /** How long grading took, in seconds. */
  readonly seconds: Spread | undefined
  /** How many were graded in each tier of isolation. */
  readonly isolation: Readonly<Record<string, number>>
  readonly late: number
  /** Nothing tells when they were handed in. */
  readonly undated: number
  /** Graded by different checks or settings: their marks may not compare. */
  readonly graders: number
}

export interface Spread {
  readonly count: number
  readonly least: number
  readonly lowerQuartile: number
  readonly median: number
  readonly upperQuartile: number
  readonly most: number
  readonly mean: number
}

export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
}

export interface RowStatistics {
  readonly id: string
  readonly title: string
  readonly points: number
  readonly judged: number
  readonly passed: number
  /** Those that failed for anybody, the worst first. */
  readonly checks: readonly CheckStatistics[]
}

interface CheckStatistics {
  readonly title: string
  readonly failed: number
  /** The message that is most common, as it was once told. */
  readonly message: string | undefined
  /** How many were told it, values apart. */
  readonly told: number
}

export function classStatistics({ entries, outOf }: MarkedClass): ClassStatistics {
  const records = entries.map(({ record }) => record)
  const outcomes = { graded: 0, ungradable: 0, missing: 0, error: 0 }
  for (const record of records) outcomes[outcomeOf(record)] += 1
  const marks = entries.flatMap(({ record, mark }) =>
    record.outcome === 'missing' || mark.points === undefined ? [] : [mark.points],
  )
  const isolation: Record<string, number> = {}
  for (const { results } of records)
    if (results) isolation[results.isolation] = (isolation[results.isolation] ?? 0) + 1
  const states = entries.map(({ mark }) => mark.lateness.state)
  return {
    outcomes,
    marks: spread(marks),
    histogram: histogram(marks, outOf),
    rows: rowStatistics(records.filter(record => outcomeOf(record) === 'graded')),
    seconds: spread(records.flatMap(({ results }) => (results ? [results.durationMs / 1000] : []))),
    isolation,
    late: states.filter(state => state === 'late' || state === 'cutOff').length,
    undated: states.filter(state => state === 'unknown').length,
    graders: new Set(records.filter(({ results }) => results).map(({ grader }) => grader)).size,
  }
}

/**
 * Quartiles by linear interpolation between the two nearest values, as spreadsheets and R (type 7) do.
 * @see Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996)
 */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const quantile = (share: number) => {
    const at = (sorted.length - 1) * share
    const [low = 0, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
    return low + (high - low) * (at - Math.floor(at))
  }
  return {
    count: sorted.length,
    least: quantile(0),
    lowerQuartile: quantile(0.25),
    median: quantile(0.5),
    upperQuartile: quantile(0.75),
    most: quantile(1),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  }
}

const bins = 10

function histogram(marks: readonly number[], outOf: number | undefined): readonly Bin[] {
  if (outOf === undefined || outOf === 0) return []
  const binOf = (mark: number) => Math.min(Math.floor((mark / outOf) * bins), bins - 1)
  return Array.from({ length: bins }, (_, index) => ({
    from: (outOf * index) / bins,
    to: (outOf * (index + 1)) / bins,
    count: marks.filter(mark => binOf(mark) === index).length,
  }))
}

function rowStatistics(records: readonly GradeRecord[]): readonly RowStatistics[] {
  const all = records.flatMap(({ results }) => results?.rows ?? []).filter(isJudged)
  const ids = [...new Set(all.map(({ id }) => id))]
  return ids
    .flatMap(id => {
      const rows = all.filter(row => row.id === id)
      const [first] = rows
      if (!first) return []
      const { title, points } = first
      const passed = rows.filter(({ verdict }) => verdict === 'pass').length
      return [{ id, title, points, judged: rows.length, passed, checks: checkStatistics(rows) }]
    })
    .sort((a, b) => a.passed / a.judged - b.passed / b.judged)
}

function checkStatistics(rows: readonly { readonly checks: RowChecks }[]): readonly CheckStatistics[] {
  const failed = rows.flatMap(({ checks }) => checks.filter(({ verdict }) => verdict === 'fail'))
  const titles = [...new Set(failed.map(({ title }) => title))]
  return titles
    .map(title => {
      const messages = failed
        .filter(check => check.title === title)
        .map(({ failure }) => failure?.message.split('\n')[0] ?? '')
      const alike = new Map<string, string[]>()
      for (const message of messages)
        alike.set(withoutValues(message), [...(alike.get(withoutValues(message)) ?? []), message])
      const [common = []] = [...alike.values()].sort((a, b) => b.length - a.length)
      return { title, failed: messages.length, message: common[0], told: common.length }
    })
    .sort((a, b) => b.failed - a.failed)
}

type RowChecks = NonNullable<GradeRecord['results']>['rows'][number]['checks']

/** Values are made up anew for each run: without them the same failure is the same text. */
const withoutValues = (message: string) =>
  message.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`|[0-9a-f-]{8,}|\d+/g, '…')
