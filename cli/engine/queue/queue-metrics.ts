import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Lane } from './queue-job.js'
import { queueStatus } from './queue-status.js'
import type { WorkQueue } from './work-queue.js'

export interface QueueMetrics {
  readonly url: string
  graded(lane: Lane, outcome: string, tookMs: number): void
  stop(): Promise<void>
}

interface MetricsOptions {
  readonly host: string
  readonly port: number
  readonly slots: number
  readonly busy: () => number
}

/**
 * Serves `GET /metrics` in Prometheus's text format and `GET /health`. What it says of the queue every worker says:
 * take the maximum, not the sum.
 * @throws BepError METRICS_PORT_TAKEN
 */
export async function serveMetrics(queue: WorkQueue, options: MetricsOptions): Promise<QueueMetrics> {
  const registry = new Registry()
  const registers = [registry]
  const laneGauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['lane'], registers })
  const waiting = laneGauge('bep_queue_waiting_jobs', 'Submissions that wait for a worker.')
  const oldest = laneGauge('bep_queue_oldest_seconds', 'Age of the oldest submission that waits.')
  const active = laneGauge('bep_queue_active_jobs', 'Submissions that are being graded.')
  const failed = laneGauge('bep_queue_failed_jobs', 'Submissions that no worker could grade.')
  const workers = new Gauge({
    name: 'bep_queue_workers',
    help: 'Workers that were heard of lately.',
    registers,
  })
  new Gauge({
    name: 'bep_worker_slots',
    help: 'Submissions that this worker grades at a time.',
    registers,
  }).set(options.slots)
  const busy = new Gauge({
    name: 'bep_worker_busy',
    help: 'Submissions that this worker is grading.',
    registers,
  })
  const graded = new Counter({
    name: 'bep_worker_graded_total',
    help: 'Submissions that this worker has graded.',
    labelNames: ['lane', 'outcome'],
    registers,
  })
  const took = new Histogram({
    name: 'bep_worker_grading_seconds',
    help: 'How long this worker took for a submission.',
    labelNames: ['lane'],
    buckets: [1, 2, 5, 10, 20, 40, 80, 160, 320, 640],
    registers,
  })
  const text = async () => {
    const status = await queueStatus(queue)
    for (const { lane, ...of } of status.lanes) {
      waiting.set({ lane }, of.waiting)
      oldest.set({ lane }, of.oldestSeconds)
      active.set({ lane }, of.active)
      failed.set({ lane }, of.failed)
    }
    workers.set(status.workers.length)
    busy.set(options.busy())
    return registry.metrics()
  }
  const server = createServer((req, res) => {
    const answer = (status: number, body: string, type = 'text/plain') =>
      res.writeHead(status, { 'content-type': type }).end(body)
    if (req.method !== 'GET') answer(405, 'GET only\n')
    else if (req.url === '/health') {
      const isUp = queue.redis.status === 'ready'
      answer(isUp ? 200 : 503, isUp ? 'ok\n' : 'the queue is away\n')
    } else if (req.url === '/metrics')
      text().then(
        body => answer(200, body, registry.contentType),
        () => answer(503, 'the queue cannot be read\n'),
      )
    else answer(404, '/metrics or /health\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new BepError(
          'METRICS_PORT_TAKEN',
          `cannot listen on ${options.host}:${options.port} (${cause.code})`,
          {
            fix: 'Name another --metrics-port.',
            cause,
          },
        ),
      ),
    )
    server.listen(options.port, options.host, resolve)
  })
  const { address, port, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`,
    graded(lane, outcome, tookMs) {
      graded.inc({ lane, outcome })
      took.observe({ lane }, tookMs / 1000)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
