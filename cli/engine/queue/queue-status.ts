import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { type Lane, lanes } from './queue-job.js'
import type { WorkQueue } from './work-queue.js'

export interface LaneStatus {
  readonly lane: Lane
  /** Those that wait for a worker or for their next attempt. */
  readonly waiting: number
  /** How long the oldest of them has been in the queue; 0 if there is none. */
  readonly oldestSeconds: number
  readonly active: number
  /** Given up: workers died of them, or what was packed is gone. */
  readonly failed: number
  readonly done: number
}

const workerSchema = z.object({
  host: z.string(),
  pid: z.int(),
  release: z.string(),
  tier: z.string(),
  slots: z.int(),
  busy: z.int(),
})
export type WorkerStatus = z.infer<typeof workerSchema>

export interface QueueStatus {
  readonly lanes: readonly LaneStatus[]
  readonly workers: readonly WorkerStatus[]
}

/** How the queue stands now. */
export async function queueStatus(queue: WorkQueue): Promise<QueueStatus> {
  return {
    lanes: await Promise.all(lanes.map(lane => laneStatus(queue, lane))),
    workers: await listWorkers(queue.redis),
  }
}

async function laneStatus({ queues }: WorkQueue, lane: Lane): Promise<LaneStatus> {
  const queue = queues[lane]
  const counts = await queue.getJobCounts(
    'waiting',
    'prioritized',
    'delayed',
    'active',
    'failed',
    'completed',
  )
  const of = (name: string) => counts[name] ?? 0
  // What was given back or is tried again may stand anywhere.
  const first = await queue.getJobs(['waiting', 'delayed'], 0, 50, true)
  const oldest = Math.min(...first.filter(Boolean).map(({ timestamp }) => timestamp))
  return {
    lane,
    waiting: of('waiting') + of('prioritized') + of('delayed'),
    oldestSeconds: Number.isFinite(oldest) ? Math.max(0, (Date.now() - oldest) / 1000) : 0,
    active: of('active'),
    failed: of('failed'),
    done: of('completed'),
  }
}

const workerPrefix = 'bep:worker:'
const beatMs = 2_000

/** Says that this worker is there until it is stopped; one that dies is forgotten after a while. */
export async function announceWorker(
  redis: Redis,
  status: () => Omit<WorkerStatus, 'host' | 'pid'>,
): Promise<() => Promise<void>> {
  const key = `${workerPrefix}${randomUUID()}`
  const beat = async () => {
    const text = JSON.stringify({ host: hostname(), pid: process.pid, ...status() })
    await redis.set(key, text, 'PX', beatMs * 5)
  }
  await beat()
  const beating = setInterval(() => void beat().catch(() => undefined), beatMs)
  return async () => {
    clearInterval(beating)
    if (redis.status === 'ready') await redis.del(key)
  }
}

/** The workers that were heard of lately. */
export async function listWorkers(redis: Redis): Promise<readonly WorkerStatus[]> {
  const keys: string[] = []
  let cursor = '0'
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${workerPrefix}*`, 'COUNT', 500)
    keys.push(...found)
    cursor = next
  } while (cursor !== '0')
  const texts = keys.length === 0 ? [] : await redis.mget(keys)
  return texts
    .flatMap(text => (text === null ? [] : (workerSchema.safeParse(JSON.parse(text)).data ?? [])))
    .sort((a, b) => (a.host === b.host ? a.pid - b.pid : a.host < b.host ? -1 : 1))
}
