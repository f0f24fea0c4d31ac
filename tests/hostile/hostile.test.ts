import { readdirSync } from 'node:fs'
import path from 'node:path'
import picocolors from 'picocolors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRubric } from '../../cli/engine/project-files.js'
import { failureReport } from '../../cli/ui/failure-report.js'
import { catalog } from '../../projects/catalog.js'
import { packageRoot } from '../cli/bep.js'
import { type Attack, attacks } from './attacks.js'
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
  }

  const contain = async ({ id, earns, rows, refused }: Attack) => {
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
  }

  test('a right submission earns all points', async () => {
    // How fast it is has no part in this.
    const rows = (await loadRubric(catalog[0])).rows.filter(({ kind }) => kind !== 'performance')
    const all = rows.reduce((sum, { points }) => sum + points, 0)
    const ids = rows.map(({ id }) => id)
    const { results } = await site.grade('whole', ids)
    expect(results).toMatchObject({ earned: all, possible: all })
  }, 180_000)

  // Without limits of CPU time a bomb slows down all of the machine.
  const isAlone = ({ isBomb = false }: Attack) => isBomb && tier === 'process'
  const contained = attacks.filter(({ tiers }) => tiers.includes(tier))
  test.each(contained.filter(isAlone))('$id', contain, 180_000)

  // As a batch grades them.
  describe.concurrent('side by side', () => {
    test.each(contained.filter(attack => !isAlone(attack)))('$id', contain, 180_000)
    test('an honest submission gets the points that it has earned', async () => {
      const { results } = await site.grade('honest')
      expect(results).toMatchObject({ isolation: tier, earned: 12, possible: 20 })
      await unharmed()
    }, 180_000)
  })

  test('nothing is left of any of them', async () => {
    await expect.poll(() => site.leftovers(), { timeout: 10_000 }).toEqual([])
    await unharmed()
  })
})
