import type { Colors } from 'picocolors/types.js'

/** What a command may use of the process that it runs in. Only `main.ts` makes one. */
export interface CliContext {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Both ends are a terminal, and nobody asked for machine-readable output. */
  readonly interactive: boolean
  readonly colors: Colors
  /** Writes to standard output: results. */
  readonly out: (text: string) => void
  /** Writes to standard error: progress and notices. */
  readonly note: (text: string) => void
  /** Aborted by SIGINT, SIGTERM and SIGHUP: stop, clean up, return. */
  readonly signal: AbortSignal
}

/** 0: done and all passed; 1: the app failed checks; 2: usage, bep or the environment. */
export type ExitCode = 0 | 1 | 2
