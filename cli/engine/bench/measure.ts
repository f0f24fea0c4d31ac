import { setTimeout as sleep } from 'node:timers/promises'
import { BenchFault, type Scenario } from '../../../graders/kit/bench.js'
import { randomFor } from '../../../graders/kit/random.js'
import type { PreparedApp } from './bench-app.js'
import { type LoadFault, type LoadWindow, runWindow } from './load.js'
import { isSettled, judgeRates, pairsOfABlock } from './points.js'
import type { Measured, ScenarioReport } from './report.js'
import { median, quantile } from './statistics.js'

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
      return left === undefined ? window : { ...window, fault: { message: left } }
    } catch (thrown) {
      if (!(thrown instanceof BenchFault)) throw thrown
      return { perSecond: 0, latenciesMs: [], fault: { message: thrown.message } }
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
  const ratesOf = (side: Side) => taken[side].map(({ perSecond }) => perSecond)
  const judged = () =>
    judgeRates(
      { reference: ratesOf('reference'), control: ratesOf('control'), app: ratesOf('app') },
      randomSeed,
    )
  const most = weight > 0 ? windows.most : REPORTED_PAIRS
  for (let pair = 0; pair < most; pair++) {
    for (const side of pair % 2 === 0 ? sides : [...sides].reverse()) {
      const window = await runOne(side, `pair ${pair}`, windows.windowMs)
      if (window.fault) return failed(side, window.fault)
      taken[side].push(window)
    }
    onPair(pair + 1, most)
    // Whole blocks only: half of one would favour whoever came later.
    const enough = (pair + 1) % pairsOfABlock === 0 && pair + 1 >= windows.least
    if (weight > 0 && enough && isSettled(judged())) break
  }
  const { verdict, share, reason, ratio, noise } = judged()
  const own = contestants.app ? taken.app : taken.control
  const measured = { ...common, app: summary(own), reference: summary(taken.reference), ratio, noise }
  if (weight === 0) return { ...measured, verdict: 'reported', share: 0 }
  return { ...measured, verdict, share, ...(reason !== undefined && { reason }) }
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

function describeFault({ request, status, message }: LoadFault): string {
  if (request === undefined) return message
  return `${request}${status === undefined ? '' : ` (status ${status})`}: ${message}`
}
