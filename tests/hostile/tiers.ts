import { rm } from 'node:fs/promises'
import { type IsolationTier, isolationTiers } from '../../cli/engine/isolation/launcher.js'
import { openLauncher } from '../../cli/engine/isolation/open-launcher.js'
import { openRun } from '../../fixtures/run.js'
import { makeHome } from '../fixtures/temporary-home.js'

/**
 * The tiers that this machine offers; what it lacks, and why, is said. Those that BEP_TEST_TIERS names (`sandbox,docker`)
 * are taken alone, and must be there.
 */
export async function availableTiers(): Promise<readonly IsolationTier[]> {
  const home = await makeHome()
  const run = await openRun(home)
  const found: IsolationTier[] = []
  const named = process.env.BEP_TEST_TIERS?.split(',')
  for (const tier of isolationTiers) {
    if (named && !named.includes(tier)) continue
    try {
      await openLauncher({ isolation: tier, run, env: process.env })
      found.push(tier)
    } catch (thrown) {
      if (named) throw thrown
      process.stderr.write(`left out, the tier ${tier}: ${(thrown as Error).message}\n`)
    }
  }
  await run.close()
  await rm(home, { recursive: true, force: true })
  return found
}
