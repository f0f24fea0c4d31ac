import { setTimeout as sleep } from 'node:timers/promises'
import { BenchFault, type Scenario } from '../../../graders/kit/bench.js'
import { randomFor } from '../../../graders/kit/random.js'
import type { PreparedApp } from './bench-app.js'
import { type LoadFault, type LoadWindow, runWindow } from './load.js'
import { isDecided, isQuiet, noiseLimit, shareOfInterval } from './points.js'
import type { Measured, ScenarioReport } from './report.js'
import { bootstrapMedian, median, quantile } from './statistics.js'

/** How long is measured. */
export interface Windows {
  readonly warmUpMs: number
  readonly windowMs: number
  /** Pairs of windows: at least so many, and more until the intervals are narrow enough, up to `most`. */
  readonly least: number
  readonly most: number
}

export interface Contestants {
  readonly reference: PreparedApp
  /** The reference once more: how it differs from itself is the noise of the machine. */
  readonly control: PreparedApp
  /** Absent where the reference alone is measured. */
  readonly app?: PreparedApp | undefined
}

type Side = keyof Contestants

interface MeasureOptions {
  readonly windows: Windows
  readonly randomSeed: number
  readonly signal: AbortSignal
  readonly onPair: (done: number, most: number) => void
}

// What a window has left under way ends in it.
const SETTLE_MS = 40
/** Scenarios without points are not measured longer than this. */
const REPORTED_PAIRS = 2

/**
 * Measures one scenario: windows of one app after the other in the order A B B A, after a warm-up, so that
 * what changes slowly meets both alike. A wrong answer of the app ends it.
 */
export async function measureScenario(
  scenario: Scenario<unknown>,
  contestants: Contestants,
  options: MeasureOptions,
): Promise<ScenarioReport> {
  const began = performance.now()
  const measured = await measure(scenario, contestants, options)
  return { ...measured, durationMs: Math.round(performance.now() - began) }
}

async function measure(
  scenario: Scenario<unknown>,
  contestants: Contestants,
  { windows, randomSeed, signal, onPair }: MeasureOptions,
): Promise<Omit<ScenarioReport, 'durationMs'>> {
  const { id, title, weight, connections } = scenario
  const common = { id, title, weight, connections }
  const sides = (['reference', 'app', 'control'] as const).filter(side => contestants[side] !== undefined)
  const taken: Record<Side, LoadWindow[]> = { reference: [], control: [], app: [] }

  const runOne = async (side: Side, name: string, windowMs: number): Promise<LoadWindow> => {
    const prepared = contestants[side] as PreparedApp
    const { app, data, url } = prepared
    const random = randomFor(randomSeed, `${id} ${name}`)
    let n = 0
    try {
      await scenario.before?.(app, data)
      const next = () => scenario.request(data, random, n++)
      const window = await runWindow({ url, connections, windowMs, next, signal })
      await sleep(SETTLE_MS)
      const left = window.fault ? undefined : await scenario.after?.(app, data)
      return left === undefined ? window : { ...window, fault: { method: 'GET', path: '/', message: left } }
    } catch (thrown) {
      if (!(thrown instanceof BenchFault)) throw thrown
      return { perSecond: 0, latenciesMs: [], fault: { method: 'GET', path: '/', message: thrown.message } }
    }
  }
  const failed = (side: Side, fault: LoadFault): Omit<ScenarioReport, 'durationMs'> => {
    const ours = side !== 'app'
    return {
      ...common,
      verdict: weight === 0 ? 'reported' : ours ? 'error' : 'fail',
      share: 0,
      reason: `${ours ? 'the reference was ' : ''}wrong under load: ${describeFault(fault)}`,
      fault,
    }
  }

  for (const side of sides) {
    const { fault } = await runOne(side, 'warm-up', windows.warmUpMs)
    if (fault) return failed(side, fault)
  }
  const most = weight > 0 ? windows.most : REPORTED_PAIRS
  for (let pair = 0; pair < most; pair++) {
    for (const side of pair % 2 === 0 ? sides : [...sides].reverse()) {
      const window = await runOne(side, `pair ${pair}`, windows.windowMs)
      if (window.fault) return failed(side, window.fault)
      taken[side].push(window)
    }
    onPair(pair + 1, most)
    const { noise, ratio } = intervals(taken, randomSeed)
    // Whole blocks of A B B A only: half of one would favour whoever came later.
    const enough = pair % 2 === 1 && pair + 1 >= windows.least
    if (weight > 0 && enough && isQuiet(noise) && isDecided(ratio)) break
  }
  const { noise, ratio } = intervals(taken, randomSeed)
  const own = contestants.app ? taken.app : taken.control
  const measured = { ...common, app: summary(own), reference: summary(taken.reference), ratio, noise }
  if (weight === 0) return { ...measured, verdict: 'reported', share: 0 }
  if (!isQuiet(noise)) {
    const [low, high] = [noise.low.toFixed(2), noise.high.toFixed(2)]
    const reason = `noisy machine: the reference against itself came to ${low} to ${high}; it must be around 1 and narrower than ${noiseLimit}`
    return { ...measured, verdict: 'error', share: 0, reason }
  }
  const share = shareOfInterval(ratio)
  if (share === 1) return { ...measured, verdict: 'pass', share }
  const reason = `${ratio.median.toFixed(2)} of the reference's rate (95 % interval ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`
  return { ...measured, verdict: 'fail', share, reason }
}

function intervals({ reference, control, app }: Record<Side, readonly LoadWindow[]>, seed: number) {
  const against = (side: readonly LoadWindow[]) =>
    bootstrapMedian(
      side.map(({ perSecond }, n) => perSecond / (reference[n]?.perSecond ?? Number.NaN)),
      seed,
    )
  const noise = against(control)
  return { noise, ratio: app.length > 0 ? against(app) : noise }
}

function summary(windows: readonly LoadWindow[]): Measured {
  const latenciesMs = windows.flatMap(window => window.latenciesMs)
  return {
    perSecond: median(windows.map(({ perSecond }) => perSecond)),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    requests: latenciesMs.length,
    windows: windows.map(({ perSecond }) => perSecond),
  }
}

/** In one line. */
export function describeFault({ method, path, status, message }: LoadFault): string {
  return `${method} ${path}${status === undefined ? '' : ` (status ${status})`}: ${message}`
}
