import { z } from 'zod'
import { resultsSchema } from '../results.js'
import { signatureSchema } from './signature.js'

/** The version of the record's format; raised when a reader of the old one would misread the new. */
export const recordVersion = 1

export const gradeRecordSchema = z
  .object({
    version: z.literal(recordVersion),
    submission: z
      .string()
      .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'must be safe as the name of a folder')
      .describe('unique in the batch, and the name of its folder'),
    student: z.object({
      id: z.string(),
      name: z.string(),
      sisUserId: z.string().optional(),
      sisLoginId: z.string().optional(),
      section: z.string().optional(),
      email: z.string().optional(),
    }),
    source: z.string().describe('where the submission was, as it was named'),
    submittedAt: z.iso.datetime().optional().describe('when it was handed in, never when it was graded'),
    hash: z
      .string()
      .optional()
      .describe(
        'SHA-256 over the paths, kinds and bytes of all that was submitted; absent if it could not be read',
      ),
    grader: z.string().describe('hash of bep, the checks and the settings that a verdict depends on'),
    gradedAt: z.iso.datetime(),
    attempts: z.int().min(1).describe('how often it was tried: only errors of ours are tried again'),
    outcome: z
      .enum(['graded', 'ungradable', 'missing', 'error'])
      .describe(
        "ungradable: the student's fault, no points; missing: nothing was submitted; error: ours, no mark was made",
      ),
    problem: z
      .object({ code: z.string(), message: z.string(), fix: z.string().optional() })
      .optional()
      .describe('why it is ungradable or an error'),
    leftOut: z.array(z.object({ file: z.string(), why: z.string() })),
    results: resultsSchema.optional().describe('present if it was graded'),
    signature: signatureSchema
      .optional()
      .describe('absent where there is no key, or none that would be safe'),
  })
  .meta({ title: 'bep grade record', description: 'What became of one submission of a batch.' })

/** What became of one submission: everything that a batch reports derives from these. */
export type GradeRecord = z.infer<typeof gradeRecordSchema>
