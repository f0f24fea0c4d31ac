import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, runBep } from '../bep.js'
import { healthyServer, writeWorkspace } from '../workspaces.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
  await writeFile(path.join(place, 'not.json'), 'ratio: 1')
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (cwd: string, ...args: string[]) => runBep(args, { home, cwd })

describe('refused before anything is started', () => {
  test.each([
    ['no workspace', ['bench'], /not inside a workspace/],
    ['an unknown project', ['bench', 'project-44'], /there is no project "project-44"[\s\S]*Fix: /],
    [
      'a missing baseline',
      ['bench', 'project-1', '--ci', 'none.json'],
      /none\.json cannot be read \(ENOENT\)/,
    ],
    ['a baseline that is none', ['bench', 'project-1', '--ci', 'not.json'], /not\.json is no JSON/],
    [
      'a page in a folder that is not there',
      ['bench', 'project-1', '--html', 'none/a.html'],
      /cannot write .*none\/a\.html \(ENOENT\)/,
    ],
    [
      'a baseline in place of a folder',
      ['bench', 'project-1', '--save-baseline', '.'],
      /cannot write .* \(EISDIR\)/,
    ],
  ])('%s', async (_name, args, message) => {
    const { code, stderr } = await bep(place, ...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(await leftovers(home)).toEqual([])
  })
})

test('a server that does not take the data: exit 1, and the reason in every report', async () => {
  const cwd = await writeWorkspace(path.join(place, 'empty'), {
    app: healthyServer('response.writeHead(404).end()'),
  })
  const baseline = { version: 1, bep: '0.1.0', project: 'project-1', savedAt: '2026-03-01', ratios: {} }
  await writeFile(path.join(cwd, 'before.json'), JSON.stringify(baseline))
  const { code, stdout } = await bep(cwd, 'bench', '--json', '--html', 'bench.html', '--ci', 'before.json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    project: 'project-1',
    workspace: cwd,
    verdict: 'fail',
    problem: { code: 'BENCH_FAULT', message: 'POST /users answered 404' },
    regressions: [{ message: 'POST /users answered 404' }],
  })
  expect(await leftovers(home)).toEqual([])
})
