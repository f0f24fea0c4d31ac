import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import { fetchSubmission } from '../batch/fetch-submission.js'
import { gradeOne } from '../batch/grade-one.js'
import { type GradeRecord, recordVersion } from '../batch/grade-record.js'
import type { GradingContext } from '../batch/grading-context.js'
import { unsigned } from '../batch/signature.js'
import type { Submission } from '../batch/submission-list.js'
import { getProject } from '../find-project.js'
import type { QueueJob } from './queue-job.js'

/**
 * Grades what was packed for a job, once, if it is what the job says: its hash is taken anew before anything of it runs.
 * The record is not signed; whoever collects it knows whose it is.
 * @throws as `gradeOne`
 */
export async function gradeJob(job: QueueJob, packed: Buffer, context: GradingContext): Promise<GradeRecord> {
  const place = path.join(context.run.dir, `job-${randomUUID()}`)
  const file = path.join(place, 'packed.tar.gz')
  const submission = (source: Submission['source']): Submission => ({
    id: job.hash.slice(0, 16),
    student: { id: job.hash, name: job.hash },
    source,
  })
  await mkdir(place, { mode: 0o755 })
  try {
    await writeFile(file, packed)
    const unpacked = path.join(place, 'submission')
    const found = await fetchSubmission(submission({ kind: 'tar', path: file }), unpacked, context).catch(
      (thrown: unknown) => {
        context.signal.throwIfAborted()
        if (thrown instanceof BepError && thrown.code === 'DISK_FULL') throw thrown
        // What was handed in was whole: it is not for the worker to end of it.
        return { hash: undefined, why: messageOf(thrown) }
      },
    )
    if (found.hash === undefined) return notGraded(job, 'PACKED_BROKEN', found.why)
    if (found.hash !== job.hash)
      return notGraded(job, 'HASH_DIFFERS', `what was unpacked has the hash ${found.hash}, not ${job.hash}`)
    return await gradeOne(submission({ kind: 'folder', path: unpacked }), {
      ...context,
      seed: job.seed,
      allowScripts: job.allowScripts,
      project: job.project === undefined ? undefined : getProject(job.project),
      // The queue tries again, maybe elsewhere.
      retries: 0,
      sign: unsigned,
      // A long life sees many submissions, and a regrade must not be answered from memory.
      tried: new Map(),
      // Whoever takes jobs has counted it.
      lane: work => work(),
    })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

function notGraded(job: QueueJob, code: string, message: string): GradeRecord {
  return {
    version: recordVersion,
    submission: job.hash.slice(0, 16),
    student: { id: job.hash, name: job.hash },
    source: '',
    hash: job.hash,
    grader: job.release,
    gradedAt: new Date().toISOString(),
    attempts: 1,
    outcome: 'error',
    problem: { code, message },
    leftOut: [],
  }
}
