import { createContext, Script } from 'node:vm'

const call = new Script('work()')
const context = createContext({ work: undefined as unknown })

/**
 * What the work gives, or undefined when it was not done in time: a loop, or a regular expression that goes back and
 * forth, is cut off. The work must be synchronous and own what it changes.
 */
export function withinMs<Made>(limitMs: number, work: () => Made): Made | undefined {
  context.work = work
  try {
    return call.runInContext(context, { timeout: limitMs }) as Made
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw thrown
  } finally {
    context.work = undefined
  }
}
