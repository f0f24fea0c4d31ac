import { createHash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { onTestFinished } from 'vitest'
import { parseQueueUrl } from '../../../../cli/engine/queue/queue-address.js'
import { jobKey, type Lane, type QueueJob } from '../../../../cli/engine/queue/queue-job.js'
import {
  type JobOutcome,
  type QueueWorkerOptions,
  startQueueWorker,
} from '../../../../cli/engine/queue/queue-worker.js'
import { openWorkQueue, openWorkTaker, type WorkQueue } from '../../../../cli/engine/queue/work-queue.js'
import { openRun } from '../../../../fixtures/run.js'
import { startRedis } from '../../../../fixtures/services/redis.js'
import { makeHome } from '../../../fixtures/temporary-home.js'

/** A Redis of its own for a test file. */
export async function startQueueRedis(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const home = await makeHome()
  const run = await openRun(home)
  const redis = await startRedis({ home, run, provider: 'local', searchPath: process.env.PATH })
  const store = await redis.openStore()
  return {
    url: store.adminUrl,
    async stop() {
      await redis.stop()
      await run.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** An empty queue. */
export async function emptyQueue(url: string, onNotice?: (line: string) => void): Promise<WorkQueue> {
  const queue = await openWorkQueue(parseQueueUrl(url), onNotice)
  onTestFinished(() => queue.close())
  await queue.redis.flushdb()
  return queue
}

const someJob = (name: string, changed: Partial<QueueJob> = {}): QueueJob => ({
  version: 1,
  release: 'this',
  hash: createHash('sha256').update(name).digest('hex'),
  sha256: createHash('sha256').update(`packed ${name}`).digest('hex'),
  name,
  seed: 7,
  allowScripts: false,
  required: 'process',
  ...changed,
})

/** Hands a job in and gives its key. */
export async function handIn(
  queue: WorkQueue,
  name: string,
  { lane = 'new', attempts = 1, ...changed }: Partial<QueueJob> & { lane?: Lane; attempts?: number } = {},
): Promise<string> {
  const job = someJob(name, changed)
  const key = jobKey(job)
  await queue.enqueue(lane, key, { job, packed: Buffer.from(`packed ${name}`), attempts })
  return key
}

/** A worker that does what `grade` says; it is stopped after the test. */
export async function someWorker(
  url: string,
  grade: (name: string, signal: AbortSignal) => Promise<JobOutcome>,
  changed: Partial<QueueWorkerOptions> = {},
) {
  const queue = await openWorkQueue(parseQueueUrl(url))
  const takeoverMs = changed.takeoverMs ?? 30_000
  const taker = await openWorkTaker(queue, takeoverMs)
  const notices: string[] = []
  const worker = startQueueWorker({
    taker,
    takeoverMs,
    release: 'this',
    offers: ['process'],
    slots: 1,
    grade: (job, _packed, signal) => grade(job.name, signal),
    onNotice: line => notices.push(line),
    ...changed,
  })
  const close = async () => {
    await worker.stop({ graceMs: 0 })
    await taker.close()
    await queue.close()
  }
  let closing: Promise<void> | undefined
  onTestFinished(() => (closing ??= close()))
  return { worker, notices, queue, taker, id: randomBytes(4).toString('hex') }
}

export const graded: JobOutcome = { outcome: 'graded', attempts: 1 }
