import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import type { Run } from '../../../fixtures/run.js'

/** Does the work while twice as many busy processes as there are cores ask for them, too. */
export async function withBusyCores<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const busy = Array.from({ length: 2 * availableParallelism() }, () => {
    const child = spawn(process.execPath, ['-e', 'for (;;);'], { env: { ...run.env }, stdio: 'ignore' })
    if (child.pid !== undefined) run.own(child.pid)
    return child
  })
  try {
    return await work()
  } finally {
    await Promise.all(
      busy.map(async child => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }),
    )
  }
}
