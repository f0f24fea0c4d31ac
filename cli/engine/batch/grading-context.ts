import pLimit from 'p-limit'
import type { Run } from '../../../fixtures/run.js'
import type { Project } from '../../../projects/catalog.js'
import type { Launcher } from '../isolation/launcher.js'
import { openLanes } from '../lanes.js'
import type { ServicesSetting } from '../stack.js'
import type { FetchedSubmission } from './fetch-submission.js'
import type { Tried } from './grade-one.js'
import { openServicesPool, type ServicesPool } from './services-pool.js'
import type { Sign } from './signature.js'

export interface GradingOptions {
  readonly env: NodeJS.ProcessEnv
  readonly provider: ServicesSetting
  readonly interactive?: boolean
  /** Let packages run their install scripts. */
  readonly allowScripts: boolean
  /** Submissions of other projects cannot be graded; by default each says in bep.yml which one it is of. */
  readonly project?: Project | undefined
  /** How many submissions are graded at a time. */
  readonly jobs: number
  /** How often a submission is tried again after an error of ours. */
  readonly retries: number
  /** All submissions face the same random values. */
  readonly seed: number
  readonly signal: AbortSignal
  readonly onNotice?: (line: string) => void
}

/** Grading that others do. */
export interface Elsewhere {
  /** What the grader may be called that comes into question: those of each tier that will do. */
  graders(project: Project): Promise<readonly string[]>
  /** Hands a submission in, and gives its outcome when there is one. */
  grade(
    submission: { readonly id: string; readonly fetched: FetchedSubmission },
    options: { readonly project: Project; readonly isRegrade: boolean; readonly signal: AbortSignal },
  ): Promise<{ readonly outcome: Promise<Tried> }>
}

/** All that `gradeOne` shares between submissions. */
export interface GradingContext
  extends Pick<GradingOptions, 'env' | 'allowScripts' | 'project' | 'retries' | 'seed' | 'signal'> {
  readonly run: Run
  readonly launcher: Launcher
  readonly services: ServicesPool
  readonly sign: Sign
  /** Waits until one of the lanes is free and keeps it for the work. */
  readonly lane: <T>(work: () => Promise<T>) => Promise<T>
  /** What has come of work that several may have handed in, by its key; also while it is being graded. */
  readonly tried: Map<string, Promise<Tried>>
  /** Who grades instead of this machine. */
  readonly elsewhere?: Elsewhere | undefined
}

interface OpenOptions extends GradingOptions {
  readonly home: string
  readonly run: Run
  readonly launcher: Launcher
  readonly sign: Sign
  readonly elsewhere?: Elsewhere | undefined
}

/**
 * Opens what grading needs; services start with the first submission that needs them. The caller stops it, when no
 * `gradeOne` is under way.
 */
export function openGradingContext(options: OpenOptions): GradingContext & { stop(): Promise<void> } {
  const { run, env, jobs, seed, signal } = options
  const lanes = openLanes({ count: jobs, run, inherited: env, seed, signal })
  const services = openServicesPool({ ...options, lanes })
  return {
    ...options,
    services,
    lane: pLimit(jobs),
    tried: new Map(),
    async stop() {
      await lanes.stop()
      await services.stop()
    },
  }
}
