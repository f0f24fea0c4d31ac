import { hostname } from 'node:os'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { defaultJobs } from '../engine/batch/batch.js'
import { openGradingContext } from '../engine/batch/grading-context.js'
import { unsigned } from '../engine/batch/signature.js'
import type { IsolationTier } from '../engine/isolation/launcher.js'
import { isolationTiers } from '../engine/isolation/launcher.js'
import { type IsolationSetting, openLauncher } from '../engine/isolation/open-launcher.js'
import { gradeJob } from '../engine/queue/grade-job.js'
import { parseQueueUrl, type QueueAddress } from '../engine/queue/queue-address.js'
import { serveMetrics } from '../engine/queue/queue-metrics.js'
import { announceWorker, queueStatus } from '../engine/queue/queue-status.js'
import { startQueueWorker } from '../engine/queue/queue-worker.js'
import { releaseName } from '../engine/queue/release.js'
import { openWorkQueue, openWorkTaker } from '../engine/queue/work-queue.js'
import { withSession } from '../engine/session.js'
import type { ServicesSetting } from '../engine/stack.js'
import { sweptNotice } from '../engine/workspace-grading.js'
import { queueReport, workerLine } from '../ui/queue-report.js'
import { printable } from '../ui/terminal-text.js'

export interface WorkerOptions {
  readonly queue?: string
  readonly status?: boolean
  readonly jobs?: number
  readonly services: ServicesSetting
  readonly isolation: IsolationSetting
  /** The weakest tier of isolation that this worker may work with. */
  readonly require: IsolationTier
  /** Seconds. */
  readonly takeoverAfter: number
  /** Seconds. */
  readonly grace: number
  readonly metricsPort?: number
  readonly metricsHost: string
  readonly json?: boolean
}

export async function run(options: WorkerOptions, context: CliContext): Promise<ExitCode> {
  const { out, colors } = context
  const address = addressOf(options.queue)
  if (!options.status) return work(address, options, context)
  const queue = await openWorkQueue(address, line => context.note(`${line}\n`))
  try {
    const status = await queueStatus(queue)
    out(options.json ? `${JSON.stringify(status, null, 2)}\n` : `${queueReport(status, colors)}\n`)
    return 0
  } finally {
    await queue.close()
  }
}

function addressOf(url: string | undefined): QueueAddress {
  if (url !== undefined) return parseQueueUrl(url)
  throw new BepError('QUEUE_UNNAMED', 'which queue? Neither --queue nor BEP_QUEUE names one', {
    fix: 'BEP_QUEUE=redis://:password@host:6379 bep worker',
  })
}

function work(address: QueueAddress, options: WorkerOptions, context: CliContext): Promise<ExitCode> {
  const { env, note, out, colors, signal } = context
  const { jobs = defaultJobs(), json = false } = options
  const onNotice = (line: string) => note(`${colors.dim(printable(line))}\n`)
  return withSession<ExitCode>(env, async ({ home, run, swept }) => {
    if (swept.length > 0) onNotice(sweptNotice(swept.length))
    const { isolation, require: required } = options
    const launcher = await openLauncher({ isolation, required, run, env, onNotice })
    const release = await releaseName()
    const queue = await openWorkQueue(address, onNotice)
    const takeoverMs = options.takeoverAfter * 1000
    const taker = await openWorkTaker(queue, takeoverMs)
    // A signal to stop lets what is under way end; this one does not.
    const aborting = new AbortController()
    const grading = openGradingContext({
      ...{ home, run, launcher, env, onNotice, jobs, provider: options.services, interactive: false },
      ...{ sign: unsigned, allowScripts: false, retries: 0, seed: 0, signal: aborting.signal },
    })
    let leave: (() => Promise<void>) | undefined
    let metrics: Awaited<ReturnType<typeof serveMetrics>> | undefined
    const worker = startQueueWorker({
      ...{ taker, release, slots: jobs, takeoverMs, aborting, onNotice },
      offers: isolationTiers.slice(0, isolationTiers.indexOf(launcher.tier) + 1),
      grade: (job, packed) => gradeJob(job, packed, grading),
      onDone(lane, job, done) {
        metrics?.graded(lane, done.outcome, done.tookMs)
        out(json ? `${JSON.stringify({ lane, job, ...done })}\n` : `${workerLine(lane, job, done, colors)}\n`)
      },
    })
    try {
      if (options.metricsPort !== undefined) {
        const { metricsHost: host, metricsPort: port } = options
        metrics = await serveMetrics(queue, { host, port, slots: jobs, busy: () => worker.busy })
        onNotice(`metrics on ${metrics.url}`)
      }
      const { tier } = launcher
      leave = await announceWorker(queue.redis, () => ({
        release,
        tier,
        slots: jobs,
        busy: worker.busy,
      }))
      onNotice(
        `${hostname()} works for ${address.name}: ${jobs} at a time, isolation ${tier}, bep ${release}`,
      )
      await Promise.race([worker.ended, aborted(signal)])
      await worker.stop({ graceMs: options.grace * 1000 })
      if (queue.redis.status === 'ready') await worker.ended
      return 0
    } finally {
      await worker.stop({ graceMs: 0 })
      await leave?.()
      await metrics?.stop()
      await grading.stop()
      await taker.close()
      await queue.close()
    }
  })
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
