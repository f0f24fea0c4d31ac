import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Reach, reachOf, readCoverage } from '../../../../../cli/engine/verify/generated/reach.js'

const source = `export function asked(how) {
  if (how === 'kindly') return 'yes'
  return 'no'
}
export const never = () => 'unheard'
if (process.argv[2]) asked(process.argv[2])
`
let dir: string

beforeAll(async () => {
  dir = await realpath(await mkdtemp(path.join(tmpdir(), 'bep-reach-')))
  await writeFile(path.join(dir, 'app.mjs'), source)
})
afterAll(() => rm(dir, { recursive: true }))

async function reachIn(...runs: readonly string[]): Promise<Reach> {
  const coverage = await mkdtemp(path.join(dir, 'coverage-'))
  for (const argument of runs) {
    await promisify(execFile)(process.execPath, [path.join(dir, 'app.mjs'), argument], {
      env: { NODE_V8_COVERAGE: coverage },
    })
  }
  return reachOf(await readCoverage(coverage, dir))
}

const at = (text: string) => source.indexOf(text)

test('a branch that was not taken is not reached, nor a function that was not called', async () => {
  const reach = await reachIn('rudely')
  expect(reach.reaches('app.mjs', at('how ==='))).toBe(true)
  expect(reach.reaches('app.mjs', at("return 'no'"))).toBe(true)
  expect(reach.reaches('app.mjs', at("return 'yes'"))).toBe(false)
  expect(reach.reaches('app.mjs', at("'unheard'"))).toBe(false)
  expect(reach.reaches('other.mjs', 0)).toBe(false)
})

test('what any of several processes ran is reached', async () => {
  const reach = await reachIn('kindly', 'rudely')
  for (const text of ["return 'yes'", "return 'no'"]) expect(reach.reaches('app.mjs', at(text))).toBe(true)
})

test('functions are counted that ran, with the file itself', async () => {
  expect((await reachIn('')).functionsOf('app.mjs')).toBe(1)
  expect((await reachIn('kindly')).functionsOf('app.mjs')).toBe(2)
  expect((await reachIn('kindly')).functionsOf('other.mjs')).toBe(0)
})
