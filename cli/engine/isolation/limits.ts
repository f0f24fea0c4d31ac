import { availableParallelism } from 'node:os'

/** What one submission may use at a time. */
export interface Limits {
  readonly memoryBytes: number
  /** Processes and threads together. */
  readonly tasks: number
  readonly cpus: number
  /** All that it can write: its `/tmp`, and the same again as shared memory. */
  readonly scratchBytes: number
  /** What an install or build command may write into the folder. */
  readonly folderBytes: number
  readonly openFiles: number
}

const MiB = 1024 * 1024

/** Enough for a server of any of the projects in Node.js, Go, Python or on a JVM. */
export const usualLimits: Limits = {
  memoryBytes: 1024 * MiB,
  tasks: 256,
  cpus: Math.min(2, Math.max(1, availableParallelism() / 2)),
  scratchBytes: 256 * MiB,
  folderBytes: 1024 * MiB,
  openFiles: 4096,
}

/** How long all checks of one submission may take: an honest server takes a minute at most. */
export const gradingLimitMs = 900_000
