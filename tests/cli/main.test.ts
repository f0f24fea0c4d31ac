import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { catalog } from '../../projects/catalog.js'
import { makeHome } from '../fixtures/temporary-home.js'
import { leftovers, packageRoot, runBep } from './bep.js'

let home: string
beforeAll(async () => {
  home = await makeHome()
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (...args: string[]) => runBep(args, { home, cwd: home })

describe('bep list', () => {
  test('shows every project and the command to begin with, without escape codes in a pipe', async () => {
    const { code, stdout, stderr } = await bep('list')
    expect(code).toBe(0)
    for (const { id, title } of catalog) expect(stdout).toMatch(new RegExp(`${id} .* ${title} `))
    expect(stdout).toContain('`bep start project-1`')
    expect(stdout + stderr).not.toContain('\u001b')
  })

  test('colours when that is forced, and not where NO_COLOR is set', async () => {
    const forced = { FORCE_COLOR: '1' }
    const colored = await runBep(['list'], { home, cwd: home, env: forced })
    expect(colored.stdout).toContain('\u001b[')
    const plain = await runBep(['list'], { home, cwd: home, env: { ...forced, NO_COLOR: '1' } })
    expect(plain.stdout).not.toContain('\u001b')
  })

  test('gives JSON', async () => {
    const { code, stdout } = await bep('list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).map((project: { id: string }) => project.id)).toEqual(
      catalog.map(({ id }) => id),
    )
  })
})

const commands =
  'list start check diff watch hint coverage bench progress reset doctor grade worker similarity verify dev'.split(
    ' ',
  )

test('the help names every command', async () => {
  const { code, stdout } = await bep('--help')
  expect(code).toBe(0)
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
})

test.each(commands)('the help of %s has examples', async command => {
  const { code, stdout, stderr } = await bep(command, '--help')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`\nExamples:\n  bep ${command}`))
  expect(stderr).toBe('')
})

test('in a checkout, npx finds bep from a workspace inside it', async () => {
  const workspace = await mkdtemp(path.join(packageRoot, '.workspace-'))
  onTestFinished(() => rm(workspace, { recursive: true }))
  await writeFile(path.join(workspace, 'package.json'), '{ "name": "task-api" }')
  // Without --no, npx would look for a package of that name in the registry; what an npm around this test says
  // of its own folder would lead it to the checkout.
  const { PATH, HOME } = process.env
  const { stdout } = await promisify(execFile)('npx', ['--no', '--', 'bep', '--version'], {
    cwd: workspace,
    env: { PATH, HOME },
  })
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('--version prints the version of the package', async () => {
  const { code, stdout } = await bep('--version')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

describe('a usage error ends with 2, names the value and what mends it, and leaves nothing', () => {
  test.each([
    ['an unknown command', ['chek'], /there is no command "chek"[\s\S]*`bep check`/],
    ['an unknown option', ['list', '--colour'], /unknown option '--colour'[\s\S]*--help/],
    ['an unknown project', ['start', 'project-7'], /no project "project-7"[\s\S]*`project-1`/],
    ['a misspelt project', ['start', 'tsk-api'], /no project "tsk-api"[\s\S]*`task-api`/],
    ['a port that is none', ['start', '1', '--port', 'http'], /'http' is invalid.*1 to 65535/],
    ['a seed that is none', ['check', '--seed', '1.5'], /'1\.5' is invalid.*whole number/],
    ['a provider that is none', ['check', '--services', 'cloud'], /'cloud' is invalid.*auto, docker/],
    ['a starter that is none', ['start', '1', '--starter', 'go'], /'go' is invalid.*typescript, blank/],
    ['no project', ['start'], /which project\?[\s\S]*`bep start project-1`/],
    ['check outside a workspace', ['check'], /not inside a workspace[\s\S]*`bep start project-1`/],
    ['watch outside a workspace', ['watch'], /not inside a workspace/],
    ['grade outside a workspace', ['grade'], /not inside a workspace/],
    ['hint outside a workspace', ['hint'], /not inside a workspace/],
    [
      'a planted bug that is none',
      ['verify', '1', '--bugs', 'tie-les-cursor'],
      /project-1 has no planted bug "tie-les-cursor"[\s\S]*`tie-less-cursor`/,
    ],
    ['bugs of two projects', ['verify', '1', '2', '--bugs', 'x'], /--bugs takes one project, not 2/],
    [
      'bugs, and no bugs',
      ['verify', '1', '--quick', '--bugs', 'x'],
      /'--bugs <ids\.\.\.>' cannot be used with option '--quick'/,
    ],
    ['reset outside a workspace', ['reset', 'project-1', '--yes'], /no workspace of project-1/],
  ])('%s', async (_name, args, message) => {
    const empty = path.join(home, 'empty')
    await mkdir(empty, { recursive: true })
    const { code, stdout, stderr } = await runBep(args, { home, cwd: empty })
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).not.toContain('\u001b')
    expect(await readdir(empty)).toEqual([])
    expect(await leftovers(home)).toEqual([])
  })

  test('as JSON on request', async () => {
    const { code, stdout, stderr } = await bep('check', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'NO_WORKSPACE',
      message: expect.stringContaining(home),
      fix: expect.stringContaining('bep start'),
    })
    expect(stderr).toBe('')
  })
})

test('bare bep says how to begin, and makes nothing', async () => {
  const fresh = path.join(home, 'never-made')
  const { code, stdout } = await runBep([], { home: fresh, cwd: home })
  expect(code).toBe(0)
  expect(stdout).toContain('bep start project-1')
  expect(await readdir(home)).not.toContain('never-made')
})

test.each(['20.18.3', '18.20.0'])('Node %s is too old', async version => {
  const faked = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const node = ['--import', `data:text/javascript,${encodeURIComponent(faked)}`]
  const { code, stderr } = await runBep(['list'], { home, cwd: home, node })
  expect(code).toBe(2)
  expect(stderr).toContain(`Node ${version} is too old`)
  expect(stderr).toMatch(/Fix: .*nvm install/)
})

test('with nothing but Node on PATH and no Docker, the doctor finds all well', async () => {
  const bin = path.join(home, 'bin')
  await mkdir(bin)
  await symlink(process.execPath, path.join(bin, 'node'))
  const env = { PATH: bin, DOCKER_HOST: 'tcp://127.0.0.1:1', BEP_SERVICES: 'auto' }
  const { code, stdout } = await runBep(['doctor', '--json'], { home, cwd: home, env })
  const states = JSON.parse(stdout).map(({ about, state }: { about: string; state: string }) => [
    about,
    state,
  ])
  expect(Object.fromEntries(states)).toMatchObject({
    'data folder': 'ok',
    progress: 'ok',
    'local Postgres': 'ok',
    Docker: 'warning',
    graders: 'ok',
  })
  expect(code).toBe(0)
  expect(await leftovers(home)).toEqual([])
})
