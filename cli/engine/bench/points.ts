import type { Interval } from './statistics.js'

/** From which ratio to the reference which share of a scenario's points is given. */
const bands = [
  { from: 0.5, share: 1 },
  { from: 0.35, share: 0.8 },
  { from: 0.25, share: 0.6 },
  { from: 0.15, share: 0.4 },
] as const

/** The reference against itself may differ by so much: less than the distance between two scores. */
export const noiseLimit = 0.15

/** The share of the points at a ratio. */
const shareOf = (ratio: number): number => bands.find(({ from }) => ratio >= from)?.share ?? 0

/** The share that an interval gives: by its edge that favours the app. */
export const shareOfInterval = ({ high }: Interval): number => shareOf(high)

/** Whether every ratio of the interval gives the same. */
export const isDecided = ({ low, high }: Interval): boolean => shareOf(low) === shareOf(high)

/** Whether the reference against itself is near enough to 1 to judge others by. */
export const isQuiet = ({ low, high }: Interval): boolean => low <= 1 && high >= 1 && high - low < noiseLimit
