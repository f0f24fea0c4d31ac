import { readdirSync } from 'node:fs'
import path from 'node:path'
import picocolors from 'picocolors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRubric } from '../../cli/engine/project-files.js'
import { failureReport } from '../../cli/ui/failure-report.js'
import { catalog } from '../../projects/catalog.js'
import { packageRoot } from '../cli/bep.js'
import { attacks } from './attacks.js'
import { openSite } from './hostile-site.js'
import { availableTiers } from './tiers.js'

test('every submission of the set is listed', () => {
  const folders = readdirSync(path.join(packageRoot, 'fixtures', 'hostile')).filter(name => name !== '_base')
  expect(attacks.map(({ id }) => id).sort()).toEqual(folders.sort())
})

describe.each(await availableTiers())('in the tier %s', tier => {
  let site: Awaited<ReturnType<typeof openSite>>
  let neighboursUser: unknown
  beforeAll(async () => {
    site = await openSite(tier)
    neighboursUser = await site.neighboursUser()
  }, 120_000)
  afterAll(() => site.close(), 60_000)

  const unharmed = async () => {
    expect(await site.neighboursUser()).toEqual(neighboursUser)
    expect(site.calls).toEqual([])
    await expect.poll(() => site.leftovers(), { timeout: 10_000 }).toEqual([])
  }

  test('an honest submission gets the points that it has earned', async () => {
    const { results } = await site.grade('honest')
    expect(results).toMatchObject({ isolation: tier, earned: 12, possible: 20 })
    await unharmed()
  }, 180_000)

  test('a right submission earns all points', async () => {
    // How fast it is has no part in this.
    const rows = (await loadRubric(catalog[0])).rows.filter(({ kind }) => kind !== 'performance')
    const all = rows.reduce((sum, { points }) => sum + points, 0)
    const ids = rows.map(({ id }) => id)
    const { results } = await site.grade('whole', ids)
    expect(results).toMatchObject({ earned: all, possible: all })
  }, 180_000)

  test.each(attacks.filter(({ tiers }) => tiers.includes(tier)))(
    '$id',
    async ({ id, earns, rows, refused }) => {
      const graded = await site.grade(id, rows)
      expect(graded.loot).toEqual([])
      expect(graded.refused?.code).toBe(refused)
      if (refused === undefined) {
        expect(graded.tried).not.toEqual([])
        const [least, most] = typeof earns === 'number' ? [earns, earns] : earns
        const { earned = -1, rows = [], problem } = graded.results ?? {}
        const why = () =>
          JSON.stringify([problem, rows.flatMap(row => row.checks).filter(check => check.failure)])
        expect(earned, why()).toBeGreaterThanOrEqual(least)
        expect(earned, why()).toBeLessThanOrEqual(most)
        expect(rows.map(({ verdict }) => verdict)).not.toContain('error')
        const printed = rows.flatMap(row =>
          row.checks.map(check => failureReport(check, picocolors.createColors(false))),
        )
        // Neither a terminal nor a CI system is told anything.
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(printed.join('\n')).not.toMatch(/\u001b|\u0007|\r|^\s*::|##\[|##vso/m)
      }
      await unharmed()
    },
    180_000,
  )

  // Without limits of CPU time a bomb slows down all of the machine.
  test.skipIf(tier === 'process')(
    'a neighbour graded at the same time as bombs gets the same points',
    async () => {
      const bombs = attacks.filter(
        ({ id, tiers }) =>
          ['fork-bomb', 'memory-bomb', 'log-bomb', 'database-connection-flood'].includes(id) &&
          tiers.includes(tier),
      )
      const [honest, ...others] = await Promise.all([
        site.grade('honest'),
        ...bombs.map(({ id }) => site.grade(id)),
      ])
      expect(honest?.results?.earned).toBe(12)
      expect(others.map(({ loot, refused }) => [loot, refused])).toEqual(others.map(() => [[], undefined]))
      await unharmed()
    },
    240_000,
  )
})
