import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeHome } from '../../fixtures/temporary-home.js'
import { hasTerminal, leftovers, startBep } from '../bep.js'
import { killPostgres } from '../postgres.js'
import { healthyServer, writeWorkspace } from '../workspaces.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

test('without a terminal it prints the result of each save, and a broken bep.yml ends nothing', async () => {
  const cwd = await writeWorkspace(path.join(place, 'saved'), { app: healthyServer() })
  const bep = startBep(['watch'], { home, cwd })
  await bep.printed(/checking: first run[\s\S]*HTTP 200[\s\S]*0 of \d+ points/)
  await writeFile(path.join(cwd, 'app.mjs'), healthyServer('response.writeHead(418).end()'))
  await bep.printed(/checking: app\.mjs changed[\s\S]*HTTP 418[\s\S]*0 of \d+ points/)
  await writeFile(path.join(cwd, 'bep.yml'), 'project: project-1\nstrat: node app.mjs\n')
  await bep.printed(/checking: bep\.yml changed[\s\S]*bep\.yml:\d: /)
  await writeFile(path.join(cwd, 'bep.yml'), 'project: project-1\nstart: exit 9\n')
  await bep.printed(/`exit 9` exited with code 9 before it was ready/)
  await writeFile(path.join(cwd, 'bep.yml'), 'project: project-1\nstart: node app.mjs\n')
  await bep.printed(/code 9[\s\S]*checking: bep\.yml changed[\s\S]*HTTP 418/)
  expect(bep.output).not.toContain('\u001b')
  const { code, stdout } = await bep.end('SIGTERM')
  expect(code).toBe(130)
  expect(stdout).toContain('stopped; nothing is left running')
  expect(await leftovers(home)).toEqual([])
})

test('a save during a run begins a new one', async () => {
  const cwd = await writeWorkspace(path.join(place, 'superseded'), { app: healthyServer('') })
  const bep = startBep(['watch'], { home, cwd })
  await bep.printed(/checking: first run/)
  await expect.poll(async () => (await leftovers(home)).join('\n'), { timeout: 30_000 }).toContain('app.mjs')
  // The first run would wait for answers that never come.
  await writeFile(path.join(cwd, 'app.mjs'), healthyServer('response.writeHead(418).end()'))
  await bep.printed(/checking: app\.mjs changed[\s\S]*HTTP 418/)
  await bep.end('SIGINT')
  expect(await leftovers(home)).toEqual([])
})

test.runIf(hasTerminal)(
  'keys run again, change between all rows and the first failure, give hints, and quit',
  async () => {
    const cwd = await writeWorkspace(path.join(place, 'keys'), { app: healthyServer() })
    const bep = startBep(['watch'], { home, cwd, terminal: true })
    await bep.printed(/\(88 not run\)[\s\S]*r run again[\s\S]*q quit/)
    // The first hint came with the failure.
    bep.type('h')
    await bep.printed(/1 of 2 {2}.+\s+2 of 2 {2}.+/)
    bep.type('a')
    await bep.printed(/checking: now all rows[\s\S]*0 of 95 points \(5 not run\) {2}[\s\S]*q quit/)
    bep.type('r')
    await bep.printed(/checking: you pressed r/)
    bep.type('a')
    await bep.printed(/checking: now up to the first failure[\s\S]*\(88 not run\)/)
    bep.type('q')
    const { code } = await bep.ended
    expect(code).toBe(1)
    expect(bep.output).toContain('stopped; nothing is left running')
    expect(await leftovers(home)).toEqual([])
  },
)

test.runIf(hasTerminal)('Ctrl-C in a terminal ends it like a signal', async () => {
  const cwd = await writeWorkspace(path.join(place, 'ctrl-c'), { app: healthyServer() })
  const bep = startBep(['watch'], { home, cwd, terminal: true })
  await bep.printed(/q quit/)
  bep.type('\u0003')
  expect((await bep.ended).code).toBe(130)
  expect(await leftovers(home)).toEqual([])
})

test('Postgres that is gone ends it with what to do', async () => {
  const cwd = await writeWorkspace(path.join(place, 'no-postgres'), { app: healthyServer() })
  const bep = startBep(['watch'], { home, cwd })
  await bep.printed(/0 of \d+ points/)
  await killPostgres(home)
  await writeFile(path.join(cwd, 'app.mjs'), healthyServer('response.end()'))
  const { code, stderr } = await bep.ended
  expect(code).toBe(2)
  expect(stderr).toMatch(/Postgres is gone: [\s\S]*Fix: Run `bep watch` again/)
  expect(await leftovers(home)).toEqual([])
})
