import type { Project } from '../../../projects/catalog.js'
import { startChecksRunner } from '../checks-runner.js'
import { findGaps } from './ledger.js'
import { readLedger } from './read-ledger.js'
import type { VerifiedCase } from './report.js'

/** The gaps of a project's ledger as cases; one that passed when there are none. */
export async function checkLedger(project: Project): Promise<readonly VerifiedCase[]> {
  const runner = await startChecksRunner()
  try {
    const ledger = await readLedger(project, runner)
    const gaps = findGaps(ledger)
    if (gaps.length > 0) {
      return gaps.map(({ what, fix }) => ({
        name: what,
        passed: false,
        outcome: 'gap',
        problem: fix,
      }))
    }
    const { rows, checks, mutants } = ledger
    return [
      {
        name: 'ledger',
        passed: true,
        outcome: `${rows.length} rows, ${checks.length} checks, ${mutants.length} planted bugs`,
      },
    ]
  } finally {
    await runner.stop()
  }
}
