import type { Colors } from 'picocolors/types.js'
import type { Lane, QueueJob } from '../engine/queue/queue-job.js'
import type { QueueStatus } from '../engine/queue/queue-status.js'
import { clipped, printable } from './terminal-text.js'

/** How the queue stands: its lanes, and who works for it. */
export function queueReport({ lanes, workers }: QueueStatus, { dim, red }: Colors): string {
  const lines = [
    dim('lane     waiting  oldest  active  failed   done'),
    ...lanes.map(({ lane, waiting, oldestSeconds, active, failed, done }) => {
      const count = (value: number, width: number) => String(value).padStart(width)
      const lost = failed > 0 ? red(count(failed, 8)) : count(failed, 8)
      return `${lane.padEnd(7)}${count(waiting, 9)}${age(oldestSeconds).padStart(8)}${count(active, 8)}${lost}${count(done, 7)}`
    }),
    '',
    workers.length === 0 ? red('no worker') : dim('worker'),
    ...workers.map(
      ({ host, pid, busy, slots, tier, release }) =>
        `${clipped(printable(host), 40)} (${pid})  ${busy} of ${slots} busy, isolation ${printable(tier)}, bep ${printable(release)}`,
    ),
  ]
  return lines.join('\n')
}

function age(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** One submission that this worker is done with. */
export function workerLine(
  lane: Lane,
  { name }: QueueJob,
  { outcome, tookMs }: { readonly outcome: string; readonly tookMs: number },
  { green, red, yellow, dim }: Colors,
): string {
  const color = { graded: green, ungradable: red, error: yellow }[outcome] ?? dim
  const took = `${(tookMs / 1000).toFixed(1)} s${lane === 'regrade' ? ', regrade' : ''}`
  return `${clipped(printable(name), 40).padEnd(20)} ${color(outcome)} ${dim(took)}`
}
