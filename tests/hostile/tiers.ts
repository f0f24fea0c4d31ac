import { rm } from 'node:fs/promises'
import { type IsolationTier, isolationTiers } from '../../cli/engine/isolation/launcher.js'
import { openLauncher } from '../../cli/engine/isolation/open-launcher.js'
import { openRun } from '../../fixtures/run.js'
import { makeHome } from '../fixtures/temporary-home.js'

/** The tiers that this machine offers; what it lacks, and why, is said. */
export async function availableTiers(): Promise<readonly IsolationTier[]> {
  const home = await makeHome()
  const run = await openRun(home)
  const found: IsolationTier[] = []
  for (const tier of isolationTiers) {
    try {
      await openLauncher({ isolation: tier, run, env: process.env })
      found.push(tier)
    } catch (thrown) {
      process.stderr.write(`left out, the tier ${tier}: ${(thrown as Error).message}\n`)
    }
  }
  await run.close()
  await rm(home, { recursive: true, force: true })
  return found
}
