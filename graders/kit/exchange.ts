/** One HTTP exchange as the grader saw it. Times are microseconds of CLOCK_MONOTONIC (`process.hrtime`). */
export interface Exchange {
  readonly method: string
  /** Path and query as sent, not normalised. */
  readonly path: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestBody?: string
  readonly startedAtUs: number
  endedAtUs: number
  /** Absent while no answer has arrived. */
  response?: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  /** Why there is no (whole) answer. */
  failure?: string
}

/** Microseconds of the monotonic clock that all processes of this machine share. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
