import { proveSlowVariants } from '../../dist/cli/engine/verify/slow-variants.js'
import { openRun } from '../../dist/fixtures/run.js'
import { catalog } from '../../dist/projects/catalog.js'
import { print } from './measure.mjs'

const ROUNDS = 5

/** How often a reference that was made slow on purpose loses performance points, with the ratios of each time. */
export async function slowVariants({ home }) {
  for (const project of catalog.filter(({ preview }) => !preview)) {
    const rounds = []
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const run = await openRun(home)
      try {
        const context = { home, run, seed, env: process.env, provider: process.env.BEP_SERVICES ?? 'auto' }
        const { signal } = new AbortController()
        rounds.push(await proveSlowVariants(project, { ...context, signal }))
      } finally {
        await run.close()
      }
    }
    for (const [n, { name }] of rounds[0].entries()) {
      const cases = rounds.map(cases => cases[n])
      print(
        `${project.id}: ${name} loses its performance row (${ROUNDS} of ${ROUNDS})`,
        `${cases.filter(({ passed }) => passed).length} (${cases.map(({ outcome, problem }) => problem ?? outcome).join('; ')})`,
      )
    }
  }
}
