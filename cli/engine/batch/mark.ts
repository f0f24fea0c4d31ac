import { z } from 'zod'
import type { Results, RowResult } from '../results.js'
import { type Extension, findExtension, unusedExtensions } from './extensions.js'
import type { GradeRecord } from './grade-record.js'
import type { GradingSettings } from './grading-settings.js'
import { extended, lateMark, rounded } from './late-policy.js'

export const markSchema = z.object({
  points: z.number().optional().describe('rounded, after lateness; absent where no mark was made'),
  outOf: z.number().optional().describe('what all rows together are worth; absent where nothing was graded'),
  beforeLateness: z.number().optional().describe('rounded'),
  lateness: z.object({
    state: z
      .enum(['noDeadline', 'onTime', 'late', 'cutOff', 'unknown'])
      .describe('unknown: nothing tells when it was handed in, so nothing is taken'),
    lateMs: z.number().describe('since the due date, where it is late'),
    penaltyPercent: z.number().describe('taken of the points earned'),
    due: z.iso.datetime().optional(),
    extended: z.boolean().describe('the due date is one of the student alone'),
  }),
})

/** What a submission is worth in the gradebook. */
export type Mark = z.infer<typeof markSchema>

/** A record and the mark that the settings make of it. */
export interface MarkedRecord {
  readonly record: GradeRecord
  readonly mark: Mark
}

/** A batch with its marks, ordered by the students' names. */
export interface MarkedClass {
  readonly entries: readonly MarkedRecord[]
  readonly outOf: number | undefined
  /** The project that most were graded by. */
  readonly project: string | undefined
  /** Extensions that fit nobody. */
  readonly unusedExtensions: readonly Extension[]
}

/** Makes the marks of a batch. */
export function markClass(records: readonly GradeRecord[], settings: GradingSettings): MarkedClass {
  const results = records.flatMap(record => record.results ?? [])
  const outOf = settings.points ?? maximum(results.map(pointsOf).map(({ possible }) => possible))
  const entries = [...records]
    .sort(
      (a, b) => byName.compare(a.student.name, b.student.name) || byName.compare(a.submission, b.submission),
    )
    .map(record => ({ record, mark: markOf(record, settings, outOf) }))
  return {
    entries,
    outOf,
    project: results[0]?.project,
    unusedExtensions: unusedExtensions(settings.extensions, records),
  }
}

const byName = new Intl.Collator('en', { numeric: true })
const maximum = (numbers: readonly number[]) => (numbers.length > 0 ? Math.max(...numbers) : undefined)

/** Whether bep or a service failed where the student's work should have been judged: then there is no mark. */
export const isOurError = ({ outcome, results }: GradeRecord): boolean =>
  outcome === 'error' ||
  (outcome === 'graded' &&
    (results === undefined ||
      results.problem?.code === 'SERVICE_GONE' ||
      results.rows.some(({ verdict }) => verdict === 'error') ||
      pointsOf(results).possible === 0))

/** What became of a submission, for whoever must act: where part of the work was not judged, the error is ours. */
export const outcomeOf = (record: GradeRecord): GradeRecord['outcome'] =>
  isOurError(record) ? 'error' : record.outcome

/** The points of the rows that were judged. Speed that was not measured is worth nothing, to anybody. */
function pointsOf({ rows }: Results): { readonly earned: number; readonly possible: number } {
  const judged = rows.filter(isJudged)
  return { earned: sum(judged.map(row => row.earned)), possible: sum(judged.map(row => row.points)) }
}

/** An app that does not start loses all rows, also that of performance, which no other app in the batch had. */
export const isJudged = ({ kind, verdict, checks }: RowResult): boolean =>
  (verdict === 'pass' || verdict === 'fail') &&
  (kind !== 'performance' || checks.some(check => check.verdict === 'pass' || check.verdict === 'fail'))

function markOf(record: GradeRecord, settings: GradingSettings, outOf: number | undefined): Mark {
  const { late, decimals, missing } = settings
  const extension = findExtension(settings.extensions, record)
  const policy = late && extension ? extended(late, extension.due) : late
  const submittedAt = record.submittedAt === undefined ? undefined : new Date(record.submittedAt)
  const earned = earnedOf(record, missing, outOf)
  // Nothing was handed in, so nothing is late.
  const { points, ...lateness } = lateMark(
    earned ?? 0,
    submittedAt,
    record.outcome === 'missing' ? undefined : policy,
  )
  return {
    ...(earned !== undefined && {
      points: rounded(points, decimals),
      beforeLateness: rounded(earned, decimals),
    }),
    ...(outOf !== undefined && { outOf }),
    lateness: {
      ...lateness,
      ...(policy && { due: policy.due.toISOString() }),
      extended: policy !== undefined && extension !== undefined,
    },
  }
}

/** Points in the scale of the gradebook, or undefined where there is no mark. */
function earnedOf(
  record: GradeRecord,
  missing: GradingSettings['missing'],
  outOf: number | undefined,
): number | undefined {
  if (isOurError(record)) return undefined
  if (record.outcome === 'missing') return missing === 'zero' ? 0 : undefined
  if (record.outcome === 'ungradable' || !record.results) return 0
  const { earned, possible } = pointsOf(record.results)
  // Multiplied first: where nothing is scaled the points come out as whole as they were.
  return (earned * (outOf ?? possible)) / possible
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
