import { readFileSync } from 'node:fs'
import type { Limits } from './limits.js'

const everyMs = 250

/**
 * Looks four times a second whether some processes use too much together, for where no control group can be had.
 * @returns The way to end it.
 */
export function watchResources(
  find: () => readonly number[],
  limits: Pick<Limits, 'memoryBytes' | 'tasks'>,
  onBreach: (what: string) => void,
): () => void {
  const timer = setInterval(() => {
    let tasks = 0
    let memoryBytes = 0
    for (const pid of find()) {
      const status = readStatus(pid)
      tasks += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0)
      for (const [, kiB] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm))
        memoryBytes += Number(kiB) * 1024
    }
    if (tasks > limits.tasks) onBreach(`it ran more than ${limits.tasks} processes and threads`)
    else if (memoryBytes > limits.memoryBytes) onBreach(outOfMemory(limits))
  }, everyMs)
  return () => clearInterval(timer)
}

export const outOfMemory = ({ memoryBytes }: Pick<Limits, 'memoryBytes'>) =>
  `it used more than ${memoryBytes / 1024 / 1024} MiB of memory`

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1')
  } catch {
    return ''
  }
}
