import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../fixtures/bep-error.js'
import { type LaneTurns, openLaneTurns } from './lane-turns.js'
import { jobSchema, type Lane, type QueueJob } from './queue-job.js'
import type { TakenJob, WorkTaker } from './work-queue.js'

/** What came of one job; the part that the queue needs to know. */
export interface JobOutcome {
  readonly outcome: string
  readonly problem?: { readonly message: string } | undefined
  readonly attempts: number
}

export interface QueueWorkerOptions {
  readonly taker: WorkTaker
  /** Names this bep: work of another one is not taken. */
  readonly release: string
  /** How many jobs are done at a time. */
  readonly slots: number
  /** A worker that was not heard of for so long has died. */
  readonly takeoverMs: number
  /**
   * Does the work. What it throws is this machine's trouble and ends the worker, unless the signal was aborted: then
   * the work is given back.
   */
  readonly grade: (job: QueueJob, packed: Buffer, signal: AbortSignal) => Promise<JobOutcome>
  /** The tiers of isolation that this worker offers. */
  readonly offers: readonly string[]
  readonly onNotice: (line: string) => void
  readonly onTaken?: (lane: Lane, job: QueueJob) => void
  readonly onDone?: (
    lane: Lane,
    job: QueueJob,
    done: { readonly outcome: string; readonly tookMs: number },
  ) => void
  /** Aborted when what is under way is to be given back. */
  readonly aborting?: AbortController
  /** How long work that this worker may not do is left to others. */
  readonly refusedMs?: number
}

export interface StartedQueueWorker {
  /** How many jobs are under way. */
  readonly busy: number
  /** Rejects with the trouble that ended the worker, resolves when it was stopped. */
  readonly ended: Promise<void>
  /** Takes nothing more, waits for what is under way, and gives back what is not done by then, if Redis is there. */
  stop(options: { readonly graceMs: number }): Promise<void>
}

const idleMs = 250
const idleStopMs = 1_000
/** An app has ten seconds to end. */
const giveBackMs = 20_000

/** Takes jobs and does them until it is stopped. */
export function startQueueWorker(options: QueueWorkerOptions): StartedQueueWorker {
  const { taker, slots, onNotice } = options
  const turns = openLaneTurns()
  const stopping = new AbortController()
  const aborting = options.aborting ?? new AbortController()
  let busy = 0
  const slot = async () => {
    while (!stopping.signal.aborted) {
      const taken = await takeNext(taker, turns).catch(thrown => {
        onNotice(`the queue cannot be read: ${messageOf(thrown)}`)
        return undefined
      })
      if (!taken) await sleep(idleMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      else {
        busy += 1
        await workOn(taken, aborting.signal, options).finally(() => {
          busy -= 1
        })
      }
    }
  }
  const running = Array.from({ length: slots }, slot)
  // The trouble of one slot is that of all: the machine's.
  for (const one of running) one.catch(() => stopping.abort())
  const ended = Promise.allSettled(running).then(settled => {
    const failed = settled.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  })
  ended.catch(() => undefined)
  // While Redis is away nothing can be given back: then others take over what was silent.
  const stop = async (graceMs: number) => {
    stopping.abort()
    await within(busy > 0 ? graceMs : idleStopMs, ended)
    aborting.abort(new Error('the worker is stopped'))
    await within(busy > 0 ? giveBackMs : idleStopMs, ended)
  }
  let stopped: Promise<void> | undefined
  return {
    get busy() {
      return busy
    },
    ended,
    stop({ graceMs }) {
      stopped ??= stop(graceMs)
      return stopped
    },
  }
}

/** Waits until the work has ended, well or not, for so long at most. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const waited = new AbortController()
  const timer = sleep(limitMs, undefined, { signal: waited.signal }).catch(() => undefined)
  await Promise.race([work.catch(() => undefined), timer])
  waited.abort()
}

async function takeNext(taker: WorkTaker, turns: LaneTurns): Promise<TakenJob | undefined> {
  for (const lane of turns.order()) {
    const taken = await taker.take(lane)
    if (!taken) continue
    turns.took()
    return taken
  }
  return undefined
}

async function workOn(taken: TakenJob, signal: AbortSignal, options: QueueWorkerOptions): Promise<void> {
  const { takeoverMs, onNotice, onTaken, onDone } = options
  const { data: job, error } = jobSchema.safeParse(taken.job.data)
  const name = job?.name ?? taken.job.id ?? ''
  if (!job) {
    await taken.fail(`it is no job of this bep: ${error.issues[0]?.path.join('.')}`, { isHopeless: true })
    return
  }
  // It was taken over too often.
  if (taken.job.deferredFailure) {
    await taken.fail('every worker that took it has died', { isHopeless: true })
    return
  }
  const refusal = refusalOf(job, options)
  if (refusal !== undefined) {
    onNotice(`${name} is left to other workers: ${refusal}`)
    await taken.job.updateProgress({ refused: refusal })
    await taken.giveBack(options.refusedMs ?? 5_000)
    return
  }
  onTaken?.(taken.lane, job)
  const began = performance.now()
  let isOurs = true
  const renewing = setInterval(() => {
    taken.renew().then(
      renewed => {
        isOurs &&= renewed
      },
      // The connection is away: what counts is whether the lock is still there in the end.
      () => undefined,
    )
  }, takeoverMs / 4)
  try {
    const packed = await taken.packed()
    if (!packed) {
      await taken.fail('what was packed for it is gone or damaged', { isHopeless: true })
      return
    }
    const done = await options.grade(job, packed, signal)
    const attempt = taken.job.attemptsMade + 1
    const isLast = attempt >= (taken.job.opts.attempts ?? 1)
    const landed =
      done.outcome === 'error' && !isLast
        ? await taken.fail(done.problem?.message ?? 'error')
        : await taken.land({ ...done, attempts: attempt })
    if (landed) onDone?.(taken.lane, job, { outcome: done.outcome, tookMs: performance.now() - began })
    else onNotice(`${name} came too late: another worker has it by now, and this outcome is thrown away`)
  } catch (thrown) {
    if (signal.aborted) {
      if (await taken.giveBack()) onNotice(`${name} is given back`)
      return
    }
    // Counted as an attempt: it may be the submission that brings workers down.
    await taken.fail(`a worker had trouble: ${messageOf(thrown)}`)
    throw thrown
  } finally {
    clearInterval(renewing)
    if (!isOurs) onNotice(`${name} was taken over by another worker`)
  }
}

/** Why this worker may not do it. */
function refusalOf(job: QueueJob, { release, offers }: QueueWorkerOptions): string | undefined {
  if (job.release !== release)
    return `it asks for bep ${job.release}, and this is ${release}: update the one that is older`
  if (!offers.includes(job.required))
    return `it asks for isolation "${job.required}" at least, and this worker has ${offers.at(-1)}`
  return undefined
}
