import pLimit from 'p-limit'
import type { Run } from '../../../fixtures/run.js'
import type { Subject } from '../checks-run.js'
import { type ChecksRunner, startChecksRunner } from '../checks-runner.js'
import { gradeApp } from '../grade.js'
import type { Results } from '../results.js'
import type { StartedServices } from '../stack.js'

interface LanesOptions {
  readonly count: number
  readonly run: Run
  readonly services: StartedServices
  readonly inherited: NodeJS.ProcessEnv
  readonly seed: number
  readonly signal: AbortSignal
}

interface GradeLimits {
  readonly requestTimeoutMs?: number
  readonly readyTimeoutMs?: number
}

/** Grades apps side by side on the same servers: each lane has a checks runner, each app a database. */
export interface GradingLanes {
  grade(subject: Subject, limits?: GradeLimits): Promise<Results>
  /** Waits for what is under way; the rest is given up. */
  stop(): Promise<void>
}

/** Opens the lanes; a lane's runner starts when it is first needed. */
export function openLanes({ count, services, signal, ...options }: LanesOptions): GradingLanes {
  const limit = pLimit({ concurrency: count, rejectOnClear: true })
  const idle: ChecksRunner[] = []
  const underWay = new Set<Promise<unknown>>()

  const grade = async (subject: Subject, limits: GradeLimits): Promise<Results> => {
    signal.throwIfAborted()
    const runner = idle.pop() ?? (await startChecksRunner())
    try {
      return await gradeApp(subject, { ...options, ...limits, services, runner, signal })
    } finally {
      idle.push(runner)
    }
  }
  return {
    async grade(subject, limits = {}) {
      const grading = limit(grade, subject, limits)
      underWay.add(grading)
      try {
        return await grading
      } finally {
        underWay.delete(grading)
      }
    },
    async stop() {
      limit.clearQueue()
      await Promise.allSettled(underWay)
      await Promise.all(idle.map(runner => runner.stop()))
    },
  }
}
