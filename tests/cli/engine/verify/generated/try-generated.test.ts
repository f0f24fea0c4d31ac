import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getProject } from '../../../../../cli/engine/find-project.js'
import { type GradingLanes, openLanes, type SharedLanes } from '../../../../../cli/engine/lanes.js'
import { type StartedServices, startServices } from '../../../../../cli/engine/stack.js'
import { generateMutations } from '../../../../../cli/engine/verify/generated/sources.js'
import {
  type GeneratedChoice,
  tryGenerated,
} from '../../../../../cli/engine/verify/generated/try-generated.js'
import { openShard } from '../../../../../cli/engine/verify/shard.js'
import { openRun, type Run } from '../../../../../fixtures/run.js'
import type { Excuse } from '../../../../../graders/kit/excuse.js'
import { makeHome } from '../../../../fixtures/temporary-home.js'

// Of its two data layers this one alone runs: no check reaches the other.
const project = { ...getProject('project-1'), variants: [{ DATA_LAYER: 'kysely' }] }
const signal = new AbortController().signal
let home: string
let run: Run
let services: StartedServices
let shared: SharedLanes
let lanes: GradingLanes

beforeAll(async () => {
  home = await makeHome()
  run = await openRun(home)
  services = await startServices(project, { home, run, provider: 'local' })
  shared = openLanes({ count: 2, run, inherited: process.env, seed: 1, signal })
  lanes = shared.on(services)
}, 120_000)

afterAll(async () => {
  await lanes.settle()
  await shared.stop()
  await services.stop()
  await run.close()
})

async function attempt(choice: GeneratedChoice, excuses: readonly Excuse[] = []) {
  const counts: number[] = []
  const done: string[] = []
  const outcome = await tryGenerated(project, choice, {
    excuses,
    home,
    dir: path.join(run.dir, `generated-${performance.now()}`),
    lanes,
    seed: 1,
    shard: openShard([project]),
    signal,
    onCount: count => counts.push(count),
    onCase: ({ name }) => done.push(name),
  })
  return { ...outcome, counts, done: done.sort() }
}

/** The place of this line of a file. */
async function placeOf(file: string, line: string): Promise<string> {
  const found = (await generateMutations(project)).find(one => one.file === file && one.lineText === line)
  return `${file}:${found?.line}`
}

const seen = () => placeOf('users.ts', 'ctx.status = 201')
const unseen = () => placeOf('drizzle/user-store.ts', line)
const line = 'return rowCount === 1'
const because = 'The other data layer does it here.'

test('a mutant that a check notices is caught; one that none makes run survives, and costs the rate', async () => {
  const { passed, tried, counts, done } = await attempt({ places: [await seen(), await unseen()] })
  expect(tried.cases.map(({ name, passed, outcome }) => [name, passed, outcome])).toEqual([
    [`${await unseen()}:boundary:1`, false, 'survived: no check makes it run'],
    [`${await unseen()}:boundary:2`, false, 'survived: no check makes it run'],
    [`${await unseen()}:boundary:3`, false, 'survived: no check makes it run'],
    [`${await seen()}:status:1`, true, expect.stringMatching(/^caught by /)],
  ])
  expect(tried.cases.at(-1)?.mutant).toMatchObject({ lineText: 'ctx.status = 201', from: '201', to: '200' })
  expect(tried.rate).toMatchObject({ excused: 0, rejected: 0, tried: 4, caught: 1, least: 0.85 })
  expect(passed).toBe(false)
  expect(counts).toEqual([4])
  expect(done).toHaveLength(4)
}, 600_000)

test('an excused mutant is not tried and does not count', async () => {
  const excuse: Excuse = { file: 'drizzle/user-store.ts', line, rule: 'boundary', because }
  const { passed, tried } = await attempt({ places: [await seen(), await unseen()] }, [excuse])
  expect(tried.cases.map(({ name, passed }) => [name, passed])).toEqual([[`${await seen()}:status:1`, true]])
  expect(tried.rate).toMatchObject({ excused: 3, tried: 1, caught: 1 })
  expect(passed).toBe(true)
}, 600_000)

test('an excuse that fits no mutant fails the step, whatever is caught', async () => {
  const stale: Excuse = {
    file: 'drizzle/user-store.ts',
    line: 'return rowCount > 0',
    rule: 'boundary',
    because,
  }
  const { passed, tried } = await attempt({ places: [await seen()] }, [stale])
  expect(tried.rate).toMatchObject({ tried: 1, caught: 1 })
  expect(tried.cases.at(-1)).toMatchObject({ passed: false, outcome: 'stale excuse' })
  expect(tried.cases.at(-1)?.problem).toContain('"return rowCount > 0" of drizzle/user-store.ts')
  expect(passed).toBe(false)
}, 600_000)

test('the same seed draws the same sample, of those that compile', async () => {
  const draw = async () => (await attempt({ places: ['drizzle/task-store.ts'], sample: 4 })).tried
  const [first, again] = [await draw(), await draw()]
  expect(first.cases).toHaveLength(4)
  expect(again.cases.map(({ name }) => name)).toEqual(first.cases.map(({ name }) => name))
  expect(first.rate).toMatchObject({ tried: 4, seed: 1 })
}, 600_000)

test('a place without a mutant is an error', async () => {
  await expect(attempt({ places: ['users.ts:1'] })).rejects.toMatchObject({ code: 'NO_MUTANT' })
})
