import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext } from '../context.js'
import type { Elsewhere } from '../engine/batch/grading-context.js'
import { newSeed } from '../engine/grader.js'
import type { IsolationTier } from '../engine/isolation/launcher.js'
import { parseQueueUrl } from '../engine/queue/queue-address.js'
import type { QueueGradingOptions } from '../engine/queue/queue-grading.js'
import type { GradeOptions } from './grade.js'
import { writeReport } from './report-file.js'

interface BatchQueue {
  /** What may be printed. */
  readonly name: string
  readonly required: IsolationTier
  readonly seed: number
  open(options: Omit<QueueGradingOptions, 'required'>): Promise<Elsewhere & { close(): Promise<void> }>
}

const noteSchema = z.object({ seed: z.int() })

/**
 * The queue that the options name. The seed is kept in `out` from the beginning: whoever begins again after a crash
 * before the first record hands in the same work, not other work.
 * @throws BepError USAGE, QUEUE_URL_BROKEN
 */
export async function queueFor(
  out: string,
  { queue, isolation, require: required, seed }: GradeOptions,
  { env }: CliContext,
): Promise<BatchQueue> {
  if (isolation !== undefined) {
    throw new BepError('USAGE', '--isolation has no meaning with --queue: each worker has its own', {
      fix: 'Say with --require what is the weakest that will do.',
    })
  }
  const url = queue === 'env' ? env.BEP_QUEUE : queue
  if (url === undefined) {
    throw new BepError('QUEUE_UNNAMED', '--queue env takes the URL from BEP_QUEUE, and that is not set', {
      fix: 'Set BEP_QUEUE=redis://:password@host:6379',
    })
  }
  const address = parseQueueUrl(url)
  const file = path.join(out, 'queue.json')
  const kept = noteSchema.safeParse(
    await readFile(file, 'utf8').then(
      text => JSON.parse(text) as unknown,
      () => undefined,
    ),
  ).data?.seed
  const chosen = seed ?? kept ?? newSeed()
  await mkdir(out, { recursive: true })
  await writeReport(file, `${JSON.stringify({ seed: chosen })}\n`)
  return {
    name: address.name,
    // Whoever grades elsewhere sees no notice that it runs unprotected there.
    required: required ?? 'sandbox',
    seed: chosen,
    async open(options) {
      const { openQueueGrading } = await import('../engine/queue/queue-grading.js')
      return openQueueGrading(address, { ...options, required: required ?? 'sandbox' })
    },
  }
}
