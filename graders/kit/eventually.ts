import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until `attempt` stops throwing and gives its value. For effects that take time by design; it is no
 * retry of a check.
 * @throws what the last attempt threw, once `withinMs` is over.
 */
export async function eventually<T>(
  attempt: () => Promise<T>,
  { withinMs }: { withinMs: number },
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await attempt()
    } catch (thrown) {
      if (performance.now() >= deadline) throw thrown
      await sleep(50)
    }
  }
}
