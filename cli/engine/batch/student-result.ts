import { z } from 'zod'
import { isolationTiers } from '../isolation/launcher.js'
import { failureSchema, type RowResult, rowSchema, verdictSchema } from '../results.js'
import { type Disclosure, disclosures, type GradingSettings } from './grading-settings.js'
import { isJudged, isOurError, type MarkedRecord, markSchema } from './mark.js'
import { signatureSchema } from './signature.js'

/** The version of the format of a student's `results.json`. */
const studentResultVersion = 1

const check = z.object({
  title: z.string(),
  verdict: verdictSchema,
  brief: z.string().optional(),
  hint: z.string().optional().describe('the first, where the check failed'),
  reason: z.string().optional(),
  failure: failureSchema.optional(),
})

export const studentResultSchema = z
  .object({
    version: z.literal(studentResultVersion),
    submission: z.string(),
    student: z.object({ id: z.string(), name: z.string() }).optional(),
    hash: z.string().optional().describe('SHA-256 of what was submitted'),
    isolation: z.enum(isolationTiers).optional(),
    disclosure: z.enum(disclosures).describe('how much is told; `hidden`: nothing yet'),
    until: z.iso.datetime().optional().describe('when more will be told'),
    submittedAt: z.iso.datetime().optional(),
    gradedAt: z.iso.datetime().optional(),
    project: z.string().optional(),
    outcome: z.enum(['graded', 'ungradable', 'missing', 'error']).optional(),
    mark: markSchema.optional(),
    problem: z
      .object({ code: z.string(), message: z.string().optional(), fix: z.string().optional() })
      .optional(),
    leftOut: z.array(z.object({ file: z.string(), why: z.string() })).optional(),
    rows: z
      .array(
        rowSchema
          .pick({ id: true, title: true, kind: true, points: true, earned: true, verdict: true })
          .extend({ checks: z.array(check).optional() }),
      )
      .optional()
      .describe('in their own points, which the settings may scale'),
    signature: signatureSchema.optional(),
  })
  .meta({
    title: 'bep student result',
    description: 'What a student is told about a submission: no more than the disclosure allows.',
  })

/** What a student is told. All files for students derive from this, never from the record. */
export type StudentResult = z.infer<typeof studentResultSchema>
type StudentRow = NonNullable<StudentResult['rows']>[number]
export type StudentCheck = NonNullable<StudentRow['checks']>[number]

/** What is disclosed at this time. */
export function disclosedAt({ disclosure, until, afterwards }: GradingSettings, now: Date): Disclosure {
  return disclosure === 'hidden' && until !== undefined && now >= until ? afterwards : disclosure
}

/** Makes what a student is told: built up from what may be shown, so that what is new stays hidden. */
export function studentResult(
  { record, mark }: MarkedRecord,
  { disclosure, until }: { readonly disclosure: Disclosure; readonly until?: Date | undefined },
): StudentResult {
  const { submission, student, hash, submittedAt, gradedAt, results, leftOut } = record
  const about = { version: studentResultVersion, submission, disclosure } as const
  if (disclosure === 'hidden') return { ...about, ...(until && { until: until.toISOString() }) }
  const ours = isOurError(record)
  const problem = ours ? undefined : (record.problem ?? results?.problem)
  return {
    ...about,
    student: { id: student.id, name: student.name },
    ...(hash !== undefined && { hash }),
    ...(results && { isolation: results.isolation }),
    ...(submittedAt !== undefined && { submittedAt }),
    gradedAt,
    ...(results && { project: results.project }),
    // An error of ours may name what only the instructor should see.
    outcome: ours ? 'error' : record.outcome,
    mark,
    ...(problem && { problem: disclosure === 'full' ? problem : { code: problem.code } }),
    ...(disclosure === 'full' && leftOut.length > 0 && { leftOut }),
    ...(results && !ours && { rows: results.rows.map(row => studentRow(row, disclosure)) }),
  }
}

function studentRow(row: RowResult, disclosure: Exclude<Disclosure, 'hidden'>): StudentRow {
  const { id, title, kind, points, earned } = row
  const verdict = isJudged(row) ? row.verdict : 'notRun'
  return {
    ...{ id, title, kind, points, earned, verdict },
    ...(disclosure === 'names' && {
      checks: row.checks.map(({ title: name, verdict: outcome }) => ({ title: name, verdict: outcome })),
    }),
    ...(disclosure === 'full' && {
      checks: row.checks.map(({ title: name, verdict: outcome, brief, hints, reason, failure }) => ({
        title: name,
        verdict: outcome,
        brief,
        ...(outcome === 'fail' && hints[0] !== undefined && { hint: hints[0] }),
        ...(outcome === 'notRun' && reason !== undefined && { reason }),
        ...(outcome === 'fail' && failure && { failure }),
      })),
    }),
  }
}
