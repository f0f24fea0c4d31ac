/** What lateness costs. */
export interface LatePolicy {
  readonly due: Date
  /** As long after it, nothing is late yet. */
  readonly graceMinutes: number
  /** Percent of the points earned that each started period costs. */
  readonly percent: number
  readonly per: 'day' | 'hour'
  /** No more than this is taken, however late. */
  readonly maximumPercent: number
  /** Handed in after it, nothing is earned. */
  readonly cutOff?: Date | undefined
}

/** How late something was, and what that cost. */
export interface Lateness {
  /** `unknown`: nothing tells when it was handed in, so nothing is taken. */
  readonly state: 'noDeadline' | 'onTime' | 'late' | 'cutOff' | 'unknown'
  /** Since the due date, where it is late. */
  readonly lateMs: number
  readonly penaltyPercent: number
}

const periodMs = { day: 86_400_000, hour: 3_600_000 }

/**
 * The points that are left after lateness, not rounded. Within the grace nothing is taken; after it each period that has
 * begun since the due date counts, the grace included. A day is 24 hours, also where clocks are changed. When it
 * was graded plays no part.
 */
export function lateMark(
  points: number,
  submittedAt: Date | undefined,
  policy: LatePolicy | undefined,
): Lateness & { readonly points: number } {
  if (policy === undefined) return { points, state: 'noDeadline', lateMs: 0, penaltyPercent: 0 }
  if (submittedAt === undefined) return { points, state: 'unknown', lateMs: 0, penaltyPercent: 0 }
  const { due, graceMinutes, percent, per, maximumPercent, cutOff } = policy
  const lateMs = submittedAt.getTime() - due.getTime()
  if (cutOff !== undefined && submittedAt > cutOff)
    return { points: 0, state: 'cutOff', lateMs, penaltyPercent: 100 }
  if (lateMs <= graceMinutes * 60_000) return { points, state: 'onTime', lateMs: 0, penaltyPercent: 0 }
  const begun = Math.ceil(lateMs / periodMs[per])
  const penaltyPercent = Math.min(begun * percent, maximumPercent, 100)
  return { points: (points * (100 - penaltyPercent)) / 100, state: 'late', lateMs, penaltyPercent }
}

/** The policy for a student with a due date of their own: the cut-off moves with it. */
export function extended(policy: LatePolicy, due: Date): LatePolicy {
  const movedMs = due.getTime() - policy.due.getTime()
  return {
    ...policy,
    due,
    ...(policy.cutOff && { cutOff: new Date(policy.cutOff.getTime() + movedMs) }),
  }
}

/** Rounds half up, as a person would: 0.285 to two places is 0.29, although the nearest binary number lies below. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals
  return Math.round(Number((value * factor).toPrecision(12))) / factor
}
