import { bootstrapMedian, type Interval } from './statistics.js'

/** From which ratio to the reference which share of a scenario's points is given. */
const bands = [
  { from: 0.5, share: 1 },
  { from: 0.35, share: 0.8 },
  { from: 0.25, share: 0.6 },
  { from: 0.15, share: 0.4 },
] as const

/** The interval of the reference against itself is narrower than this, a score band … */
const noiseLimit = 0.15
/** … and lies no further from 1: of intervals of 95 %, one in twenty misses what it is about, mostly by little. */
const noiseOffset = 0.02

/** Answers per second of each app, window by window; the nth of each were taken one after the other. */
export interface Rates {
  readonly reference: readonly number[]
  /** The reference once more. */
  readonly control: readonly number[]
  /** Empty where the reference alone was measured. */
  readonly app: readonly number[]
}

type Edges = Pick<Interval, 'low' | 'high'>

/** Windows of one app that stand in both orders and both roles: so many pairs make a whole. */
export const pairsOfABlock = 4

export interface Judgement {
  /** The app to the reference. */
  readonly ratio: Interval
  /** The reference to itself. */
  readonly noise: Interval
  readonly verdict: 'pass' | 'fail' | 'error'
  /** Share of the points. */
  readonly share: number
  /** Why it is not all of them. */
  readonly reason?: string
}

/**
 * What the windows come to. The edge of the interval that favours the app counts. Where the reference differs too much
 * from itself, nothing is said about the app, unless its points are the same whichever way the noise went.
 */
export function judgeRates({ reference, control, app }: Rates, seed: number): Judgement {
  // Two processes of the same program differ by a few percent all their lives, and neither is the right one:
  // each is set against the other equally often, and the app against both.
  const noise = bootstrapMedian(
    reference.map((rate, n) => {
      const factor = (control[n] ?? Number.NaN) / rate
      return n % pairsOfABlock < pairsOfABlock / 2 ? factor : 1 / factor
    }),
    seed,
  )
  const both = reference.map((rate, n) => (rate + (control[n] ?? Number.NaN)) / 2)
  const ratio =
    app.length === 0
      ? noise
      : bootstrapMedian(
          app.map((rate, n) => rate / (both[n] ?? Number.NaN)),
          seed,
        )
  const measured = { ratio, noise }
  if (!isQuiet(noise) && (app.length === 0 || !hasOneShare(blurred(ratio, noise)))) {
    const reason = `noisy machine: the reference against itself came to ${edges(noise)}; it must be around 1 and narrower than ${noiseLimit}`
    return { ...measured, verdict: 'error', share: 0, reason }
  }
  const share = shareOf(ratio.high)
  if (share === 1) return { ...measured, verdict: 'pass', share }
  const reason = `${ratio.median.toFixed(2)} of the reference's rate (95 % interval ${edges(ratio)}): ${share * 100} % of the points`
  return { ...measured, verdict: 'fail', share, reason }
}

/** Whether more windows would hardly change the points: noise cannot, and the interval is in one band. */
export const isSettled = ({ verdict, ratio }: Judgement): boolean => verdict !== 'error' && hasOneShare(ratio)

const shareOf = (ratio: number): number => bands.find(({ from }) => ratio >= from)?.share ?? 0

const hasOneShare = ({ low, high }: Edges) => shareOf(low) === shareOf(high)

/** The interval, wider by what the reference differs from itself at most. */
const blurred = ({ low, high }: Edges, noise: Edges): Edges => {
  const factor = Math.max(noise.high, 1 / noise.low)
  return { low: low / factor, high: high * factor }
}

const isQuiet = ({ low, high }: Interval) =>
  low <= 1 + noiseOffset && high >= 1 - noiseOffset && high - low < noiseLimit

const edges = ({ low, high }: Interval) => `${low.toFixed(2)} to ${high.toFixed(2)}`
