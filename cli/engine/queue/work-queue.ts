import { createHash, randomUUID } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { ErrorCode, type Job, Queue, QueueEvents, UnrecoverableError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { QueueAddress } from './queue-address.js'
import { type Lane, lanes, type QueueJob } from './queue-job.js'
import { connectRedis } from './queue-redis.js'

/** What BullMQ keeps of a job that was done: where its outcome is. */
interface Landed {
  readonly outcome: string
}
export type GradingJob = Job<QueueJob, Landed>

/** Long enough for a batch to be collected after a weekend. */
const keptSeconds = 7 * 24 * 3600
const prefix = 'bep'
const packedKey = (key: string) => `${prefix}:packed:${key}`
const queueName = (lane: Lane) => `grade-${lane}`
/** A worker's death is survived so often; then it is taken for the submission's doing. */
const maxDeaths = 2

/** The queue as seen by those who hand work in and by those who look at it. */
export interface WorkQueue {
  readonly redis: Redis
  readonly queues: Readonly<Record<Lane, Queue<QueueJob, Landed>>>
  /** Hands work in unless it is there already, also if it is done. */
  enqueue(lane: Lane, key: string, work: EnqueuedWork): Promise<void>
  find(lane: Lane, key: string): Promise<GradingJob | undefined>
  /** The outcome that a job has landed, or undefined when it was kept for too long. */
  outcomeOf(job: GradingJob): Promise<unknown>
  /** Deletes what was packed for a job that is done. */
  discard(key: string): Promise<void>
  close(): Promise<void>
}

interface EnqueuedWork {
  readonly job: QueueJob
  readonly packed: Buffer
  /** How often it is tried in all while errors are ours. */
  readonly attempts: number
}

/**
 * Opens the queue at this address.
 * @throws those of `connectRedis`
 */
export async function openWorkQueue(
  address: QueueAddress,
  onNotice?: (line: string) => void,
): Promise<WorkQueue> {
  const { redis, end } = await connectRedis(address, onNotice)
  const open = (lane: Lane) => {
    const queue = new Queue<QueueJob, Landed>(queueName(lane), { connection: redis, prefix })
    // `connectRedis` tells of what happens to the connection.
    queue.on('error', () => undefined)
    return queue
  }
  const queues = { new: open('new'), regrade: open('regrade') }
  const find = async (lane: Lane, key: string) => (await queues[lane].getJob(key)) as GradingJob | undefined
  return {
    redis,
    queues,
    find,
    async enqueue(lane, key, { job, packed, attempts }) {
      const there = await find(lane, key)
      if (there && !(await there.isFailed())) return
      await there?.remove()
      // First what the job is about: no worker may find it missing.
      await redis.set(packedKey(key), packed, 'EX', keptSeconds)
      await queues[lane].add('grade', job, {
        jobId: key,
        attempts,
        backoff: { type: 'fixed', delay: 1_000 },
        removeOnComplete: { age: keptSeconds },
        removeOnFail: { age: keptSeconds },
        stackTraceLimit: 0,
      })
    },
    async outcomeOf(job) {
      const packed = await redis.getBuffer(job.returnvalue.outcome)
      return packed === null ? undefined : (JSON.parse(gunzipSync(packed).toString('utf8')) as unknown)
    },
    async discard(key) {
      await redis.del(packedKey(key))
    },
    async close() {
      const closing = Promise.all(lanes.map(lane => queues[lane].close()))
      await ifThere(redis, closing)
      end()
    },
  }
}

/** Waits for what is on its way to Redis; a Redis that is away would be waited for without end. */
async function ifThere(redis: Redis, work: Promise<unknown>): Promise<void> {
  work.catch(() => undefined)
  if (redis.status === 'ready') await work
}

/** Follows the ends of jobs in both lanes until it is stopped. */
export async function followJobs(
  { redis }: WorkQueue,
  on: {
    readonly end: (lane: Lane, key: string) => void
    readonly progress: (lane: Lane, key: string, progress: unknown) => void
  },
): Promise<() => Promise<void>> {
  const all = lanes.map(lane => {
    const events = new QueueEvents(queueName(lane), { connection: redis.duplicate(), prefix })
    events.on('error', () => undefined)
    events.on('completed', ({ jobId }) => on.end(lane, jobId))
    events.on('failed', ({ jobId }) => on.end(lane, jobId))
    events.on('progress', ({ jobId, data }) => on.progress(lane, jobId, data))
    return events
  })
  await Promise.all(all.map(events => events.waitUntilReady()))
  return async () => {
    await ifThere(redis, Promise.all(all.map(events => events.close())))
  }
}

/** A job that this process has taken: nobody else has it while the lock is renewed. */
export interface TakenJob {
  readonly lane: Lane
  readonly job: GradingJob
  /** What was packed, if it is there and is what the job says. */
  packed(): Promise<Buffer | undefined>
  /** Says false when somebody else has it by now. */
  renew(): Promise<boolean>
  /** Writes the outcome; says false when somebody else has the job by now, and nothing is written then. */
  land(outcome: object): Promise<boolean>
  /** Lets it be tried again later, up to its number of attempts; then, or at once if it is `hopeless`, it has failed. */
  fail(message: string, options?: { readonly isHopeless: boolean }): Promise<boolean>
  /** As if it had never been taken, at once or in a while. */
  giveBack(delayMs?: number): Promise<boolean>
}

/** The queue as seen by those who do the work. */
export interface WorkTaker {
  take(lane: Lane): Promise<TakenJob | undefined>
  close(): Promise<void>
}

/** Takes work. What others took who were not heard of for `takeoverMs` is given back, for all to take. */
export async function openWorkTaker({ redis }: WorkQueue, takeoverMs: number): Promise<WorkTaker> {
  const open = (lane: Lane) => {
    const worker = new Worker<QueueJob, Landed>(queueName(lane), null, {
      connection: redis,
      prefix,
      autorun: false,
      lockDuration: takeoverMs,
      stalledInterval: Math.max(500, takeoverMs / 2),
      maxStalledCount: maxDeaths,
    })
    worker.on('error', () => undefined)
    return worker
  }
  const workers = { new: open('new'), regrade: open('regrade') }
  for (const lane of lanes) await workers[lane].startStalledCheckTimer()
  return {
    async take(lane) {
      const token = randomUUID()
      const job = (await workers[lane].getNextJob(token, { block: false })) as GradingJob | undefined
      return job && takenJob(redis, { lane, job, token, takeoverMs })
    },
    close: () => ifThere(redis, Promise.all(lanes.map(lane => workers[lane].close(true)))),
  }
}

interface Taken {
  readonly lane: Lane
  readonly job: GradingJob
  readonly token: string
  readonly takeoverMs: number
}

function takenJob(redis: Redis, { lane, job, token, takeoverMs }: Taken): TakenJob {
  const key = job.id ?? ''
  return {
    lane,
    job,
    async packed() {
      const packed = await redis.getBuffer(packedKey(key))
      if (packed === null) return undefined
      return createHash('sha256').update(packed).digest('hex') === job.data.sha256 ? packed : undefined
    },
    renew: async () => (await job.extendLock(token, takeoverMs)) === 1,
    async land(outcome) {
      // Under a name of its own: only the job says which outcome counts, and it takes the first from who has its lock.
      const place = `${prefix}:outcome:${key}:${token}`
      await redis.set(place, gzipSync(JSON.stringify(outcome)), 'EX', keptSeconds)
      const landed = await whileOurs(() => job.moveToCompleted({ outcome: place }, token, false))
      if (!landed) await redis.del(place)
      return landed
    },
    fail(message, { isHopeless } = { isHopeless: false }) {
      const error = isHopeless ? new UnrecoverableError(message) : new Error(message)
      return whileOurs(() => job.moveToFailed(error, token, false))
    },
    giveBack: (delayMs = 0) =>
      whileOurs(() => (delayMs > 0 ? job.moveToDelayed(Date.now() + delayMs, token) : job.moveToWait(token))),
  }
}

/** BullMQ's answers when a job is gone, or its lock is somebody else's or nobody's any more. */
const notOurs: readonly unknown[] = [
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
]

/** False when the job is not this process's any more. */
async function whileOurs(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (thrown) {
    if (notOurs.includes((thrown as { code?: unknown }).code)) return false
    throw thrown
  }
}
