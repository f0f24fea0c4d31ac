import pLimit from 'p-limit'
import type { Run } from '../../fixtures/run.js'
import type { Subject } from './checks-run.js'
import { type ChecksRunner, startChecksRunner } from './checks-runner.js'
import { type GradeOptions, gradeApp } from './grade.js'
import type { Results } from './results.js'
import type { StartedServices } from './stack.js'

interface LanesOptions {
  readonly count: number
  readonly run: Run
  readonly inherited: NodeJS.ProcessEnv
  readonly seed: number
  readonly signal: AbortSignal
}

export type GradeLimits = Pick<
  GradeOptions,
  'rows' | 'bail' | 'requestTimeoutMs' | 'readyTimeoutMs' | 'launcher' | 'performance' | 'limitMs' | 'onCheck'
> & {
  /** Instead of the lanes' own. */
  readonly seed?: number
}

/** Grades apps side by side on the same servers: each app has a database of its own. */
export interface GradingLanes {
  /** How many apps are graded at a time. */
  readonly count: number
  grade(subject: Subject, limits?: GradeLimits): Promise<Results>
  /** Gives up what has not begun and waits for what is under way: the servers may be stopped then. */
  settle(): Promise<void>
}

/** Lanes that several projects share: each holds a checks runner, and grades one app at a time. */
export interface SharedLanes {
  on(services: StartedServices): GradingLanes
  stop(): Promise<void>
}

/** Opens the lanes; a lane's runner starts when it is first needed. */
export function openLanes({ count, signal, ...options }: LanesOptions): SharedLanes {
  const limit = pLimit(count)
  const idle: ChecksRunner[] = []

  return {
    on(services) {
      const given = new AbortController()
      const underWay = new Set<Promise<unknown>>()
      const grade = async (subject: Subject, limits: GradeLimits): Promise<Results> => {
        signal.throwIfAborted()
        given.signal.throwIfAborted()
        const runner = idle.pop() ?? (await startChecksRunner())
        try {
          const results = await gradeApp(subject, { ...options, ...limits, services, runner, signal })
          idle.push(runner)
          return results
        } catch (thrown) {
          // It may be the runner that is broken: the next app gets another one.
          await runner.stop()
          throw thrown
        }
      }
      return {
        count,
        async grade(subject, limits = {}) {
          const grading = limit(grade, subject, limits)
          underWay.add(grading)
          try {
            return await grading
          } finally {
            underWay.delete(grading)
          }
        },
        async settle() {
          given.abort()
          await Promise.allSettled(underWay)
        },
      }
    },
    async stop() {
      await Promise.all(idle.map(runner => runner.stop()))
    },
  }
}
