import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import getPort from 'get-port'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, runBep, startBep } from '../bep.js'
import { countingServer, writeWorkspace } from '../workspaces.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function visits(cwd: string): Promise<unknown> {
  const args = ['start', '--no-reference', '--json', '--port', String(await getPort())]
  const bep = startBep(args, { home, cwd })
  const [line] = await bep.printed(/^\{.*\}$/m)
  const answer = (await (await fetch(JSON.parse(line).app)).json()) as { visits: number }
  await bep.end('SIGINT')
  return answer.visits
}

test.each([
  { what: 'files', flags: [] },
  { what: 'data', flags: ['--data'] },
  { what: 'progress', flags: ['--progress'] },
])('without a terminal and without --yes, its $what stays', async ({ what, flags }) => {
  const cwd = await writeWorkspace(path.join(place, `ask ${what}`), { app: countingServer })
  const before = await readdir(place)
  const { code, stderr } = await runBep(['reset', ...flags], { home, cwd })
  expect(code).toBe(2)
  expect(stderr).toMatch(/no terminal to ask in\n {2}Fix: Say it with `--yes`/)
  expect(await readdir(place)).toEqual(before)
})

test('moves the workspace aside with its data', async () => {
  const cwd = await writeWorkspace(path.join(place, 'task-api'), { app: countingServer })
  expect(await visits(cwd)).toBe(1)
  const { code, stdout } = await runBep(['reset', 'project-1', '--yes', '--json'], { home, cwd: place })
  expect(code).toBe(0)
  const aside = JSON.parse(stdout).path as string
  expect(aside).toMatch(/task-api\.\d{8}-\d{6}$/)
  expect(await readdir(place)).not.toContain('task-api')
  expect(await readFile(path.join(aside, 'app.mjs'), 'utf8')).toBe(countingServer)
  expect(await visits(aside)).toBe(2)
})

test('--data empties the database and touches no file', async () => {
  const cwd = await writeWorkspace(path.join(place, 'data'), { app: countingServer })
  expect(await visits(cwd)).toBe(1)
  const files = await readdir(cwd)
  const { code, stdout } = await runBep(['reset', '--data', '--yes'], { home, cwd })
  expect(code).toBe(0)
  expect(stdout).toContain('`bep start` begins with an empty database')
  expect(await readdir(cwd)).toEqual(files)
  expect((await runBep(['reset', '--data', '--yes'], { home, cwd })).stdout).toContain('There was no data')
  expect(await visits(cwd)).toBe(1)
  expect(await leftovers(home)).toEqual([])
})
