import { openRun, type Run, type SweptRun, sweepRuns } from '../../fixtures/run.js'
import { openHome } from './home.js'

interface Session {
  readonly home: string
  readonly run: Run
  /** What earlier, killed commands had left and this one has removed. */
  readonly swept: readonly SweptRun[]
}

/**
 * Runs `work` with a home and a run of its own. Whatever happens in it, nothing that the run started is
 * left when this settles.
 */
export async function withSession<T>(
  env: NodeJS.ProcessEnv,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const home = await openHome(env)
  const swept = await sweepRuns(home)
  const run = await openRun(home)
  try {
    return await work({ home, run, swept })
  } finally {
    await run.close()
  }
}
