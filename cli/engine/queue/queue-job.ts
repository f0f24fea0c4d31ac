import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isolationTiers } from '../isolation/launcher.js'

/** Work goes one of two ways, so that grading a whole class again does not keep others waiting. */
export const lanes = ['new', 'regrade'] as const
export type Lane = (typeof lanes)[number]

export const jobSchema = z.object({
  version: z.literal(1),
  /** The bep that asks: only the same one may answer. */
  release: z.string(),
  /** `submissionHash` of what is to be graded. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the packed submission. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What a message calls it. */
  name: z.string().max(200),
  seed: z.int(),
  allowScripts: z.boolean(),
  /** The only project that will do; by default the submission says. */
  project: z.string().optional(),
  /** The weakest isolation that will do. */
  required: z.enum(isolationTiers),
})

/** One submission to grade, in the queue. */
export type QueueJob = z.infer<typeof jobSchema>

/**
 * Names a job by all that its outcome depends on: the same work is in the queue once, whoever asks and however often.
 * `again` tells one regrading from another.
 */
export function jobKey({ name: _, sha256: __, ...job }: QueueJob, again?: string): string {
  const key = createHash('sha256')
    .update(JSON.stringify([job, again ?? null]))
    .digest('hex')
  // BullMQ takes a number for something else.
  return `g${key.slice(0, 40)}`
}
