import { createHash, randomUUID } from 'node:crypto'
import { messageOf } from '../../../fixtures/bep-error.js'
import type { Project } from '../../../projects/catalog.js'
import type { Tried } from '../batch/grade-one.js'
import { gradeRecordSchema } from '../batch/grade-record.js'
import { graderHash } from '../batch/grader-hash.js'
import type { Elsewhere } from '../batch/grading-context.js'
import { type IsolationTier, isolationTiers } from '../isolation/launcher.js'
import { packSubmission } from './packed-submission.js'
import type { QueueAddress } from './queue-address.js'
import { jobKey, type Lane, type QueueJob } from './queue-job.js'
import { listWorkers } from './queue-status.js'
import { releaseName } from './release.js'
import { followJobs, type GradingJob, openWorkQueue, type WorkQueue } from './work-queue.js'

export interface QueueGradingOptions {
  readonly seed: number
  readonly allowScripts: boolean
  readonly project: Project | undefined
  /** The weakest isolation that will do. */
  readonly required: IsolationTier
  /** How often to try again after an error of ours. */
  readonly retries: number
  readonly onNotice?: ((line: string) => void) | undefined
}

/** Events may be missed while the connection is away. */
const sweepMs = 5_000

interface Awaited {
  readonly lane: Lane
  readonly project: Project
  settle(tried: Tried): void
}

/**
 * Has workers grade what is handed in. The caller closes it; what is in the queue then stays there, and its outcomes can
 * be collected by handing in the same again.
 * @throws those of `openWorkQueue`
 */
export async function openQueueGrading(
  address: QueueAddress,
  options: QueueGradingOptions,
): Promise<Elsewhere & { close(): Promise<void> }> {
  const { seed, allowScripts, required, retries } = options
  const onNotice = once(options.onNotice ?? (() => undefined))
  const queue = await openWorkQueue(address, onNotice)
  const release = await releaseName()
  const tiers = isolationTiers.slice(isolationTiers.indexOf(required))
  const graders = (project: Project) =>
    Promise.all(tiers.map(tier => graderHash(project, { tier, allowScripts })))
  const waiting = new Map<string, Awaited>()
  const abortOf = abortPromises()

  const look = async (key: string) => {
    const awaited = waiting.get(key)
    if (!awaited) return
    const job = await queue.find(awaited.lane, key)
    const tried = job ? await outcomeOf(queue, job, await graders(awaited.project)) : lost
    // Twins wait for the same job: whoever is first settles it for all.
    if (tried && waiting.delete(key)) {
      await queue.discard(key)
      awaited.settle(tried)
    }
  }
  const quietly = (key: string) => look(key).catch(thrown => onNotice(`the queue: ${messageOf(thrown)}`))
  const unfollow = await followJobs(queue, {
    end: (_, key) => void quietly(key),
    progress: (_, key, progress) => {
      const { refused } = progress as { refused?: string }
      if (waiting.has(key) && typeof refused === 'string')
        onNotice(`a worker leaves work to others: ${refused}`)
    },
  })
  const sweeping = setInterval(() => {
    for (const key of waiting.keys()) void quietly(key)
    listWorkers(queue.redis).then(
      workers =>
        workers.length === 0 && waiting.size > 0 && onNotice('no worker has joined: `bep worker` starts one'),
      () => undefined,
    )
  }, sweepMs)
  sweeping.unref()

  return {
    graders,
    async grade({ id, fetched }, { project, isRegrade, signal }) {
      const packed = await packSubmission(fetched.dir)
      const job: QueueJob = {
        ...{ version: 1, release, seed, allowScripts, required },
        hash: fetched.hash,
        sha256: createHash('sha256').update(packed).digest('hex'),
        name: id,
        ...(options.project && { project: options.project.id }),
      }
      const lane = isRegrade ? 'regrade' : 'new'
      const key = jobKey(job, isRegrade ? randomUUID() : undefined)
      const earlier = waiting.get(key)
      const settled = new Promise<Tried>(resolve => {
        const settle = (tried: Tried) => {
          earlier?.settle(tried)
          resolve(tried)
        }
        waiting.set(key, { lane, project, settle })
      })
      const aborted = abortOf(signal)
      // Redis may be away, and then nothing of it would ever be done.
      await Promise.race([queue.enqueue(lane, key, { job, packed, attempts: retries + 1 }), aborted])
      await Promise.race([look(key), aborted])
      const outcome = Promise.race([settled, aborted])
      outcome.catch(() => undefined)
      return { outcome }
    },
    async close() {
      clearInterval(sweeping)
      await unfollow()
      await queue.close()
    },
  }
}

/** What a job has come to, or undefined while it has not. */
async function outcomeOf(
  queue: WorkQueue,
  job: GradingJob,
  graders: readonly string[],
): Promise<Tried | undefined> {
  if (await job.isFailed()) return failure('WORKER_FAILED', job.failedReason)
  if (!(await job.isCompleted())) return undefined
  const { data: record } = gradeRecordSchema.safeParse(await queue.outcomeOf(job))
  if (record?.outcome === 'error') {
    // Asked again, it is graded again.
    await job.remove()
    return triedOf(record)
  }
  if (!record || record.hash !== job.data.hash || !graders.includes(record.grader)) {
    await job.remove()
    return failure('WORKER_ANSWER', 'what the worker answered is not what it was asked')
  }
  return triedOf(record)
}

function triedOf(record: ReturnType<typeof gradeRecordSchema.parse>): Tried {
  const { outcome, problem, results, attempts, leftOut, gradedAt, grader } = record
  return {
    ...{ outcome, attempts, leftOut, gradedAt, grader },
    ...(problem && { problem }),
    ...(results && { results }),
  }
}

const failure = (code: string, message: string): Tried => ({
  outcome: 'error',
  problem: { code, message },
  attempts: 1,
  leftOut: [],
  gradedAt: new Date().toISOString(),
})

const lost = failure('QUEUE_LOST', 'the queue has forgotten it')

/** Gives the promise that rejects when a signal is aborted, with one listener for all who ask. */
function abortPromises(): (signal: AbortSignal) => Promise<never> {
  const known = new WeakMap<AbortSignal, Promise<never>>()
  return signal => {
    const promise =
      known.get(signal) ??
      new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    promise.catch(() => undefined)
    known.set(signal, promise)
    return promise
  }
}

function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>()
  return line => {
    if (said.has(line)) return
    said.add(line)
    say(line)
  }
}
