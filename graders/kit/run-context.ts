import type { TappedService } from './evidence.js'
import type { Exchange } from './exchange.js'

/** What bep's process tells the checks about the run; provided to Vitest under the key `bep`. */
export interface RunContext {
  /** Changes with every run, also when the same worker serves several. */
  readonly runId: string
  readonly appUrl: string
  /** The learner's folder: documents are read from here. */
  readonly workspaceDir: string
  /** An administrator's connection string to the app's own part of each service, around the tap. */
  readonly adminUrls: Readonly<Partial<Record<TappedService, string>>>
  /** Secrets that the app was given, by the names of their variables. */
  readonly secrets: Readonly<Record<string, string>>
  /** HTTP endpoint of `StackControl` and the bearer token that it asks for. */
  readonly controlUrl: string
  readonly controlToken: string
  readonly seed: number
  readonly requestTimeoutMs: number
}

declare module 'vitest' {
  interface ProvidedContext {
    bep: RunContext
  }
  interface TaskMeta {
    bep?: CheckMeta
    /** All requests of the check, in the order in which they were sent. */
    requests?: readonly SentRequest[]
    exchanges?: readonly Exchange[]
    /** Index into `exchanges` of the one that an assertion was about. */
    focus?: number
  }
}

/** A request of a check: what to, and what came back. */
export interface SentRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Absent if there was no answer. */
  readonly status?: number
}

/** The static facts of a check, readable without running it. */
export interface CheckMeta {
  readonly row: string
  /** Verbatim from the project's BRIEF.md: the sentence that the check enforces. */
  readonly brief: string
  /** From a nudge to nearly the answer; never the code. */
  readonly hints: readonly string[]
}
