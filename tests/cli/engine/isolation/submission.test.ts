import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Launcher } from '../../../../cli/engine/isolation/launcher.js'
import { openLauncher } from '../../../../cli/engine/isolation/open-launcher.js'
import { scrubbedEnvironment, scrubbedProcess } from '../../../../cli/engine/isolation/process-launcher.js'
import { stageSubmission } from '../../../../cli/engine/isolation/submission.js'
import { openRun, type Run } from '../../../../fixtures/run.js'
import { makeHome } from '../../../fixtures/temporary-home.js'
import { availableTiers } from '../../../hostile/tiers.js'

let home: string
let place: string
let run: Run
let made = 0
beforeAll(async () => {
  home = await makeHome()
})
beforeEach(async () => {
  run = await openRun(home)
  made += 1
  place = path.join(home, `submissions-${made}`)
  return () => run.close()
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** Writes a submission; a value that is an object is written as JSON. */
async function write(name: string, files: Readonly<Record<string, unknown>>): Promise<string> {
  const dir = path.join(place, name)
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true })
    await writeFile(path.join(dir, file), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return dir
}

const settings = (more = '') => `project: project-1\nstart: node server.js\n${more}`

test('all is copied but links that lead out, what is no file, and the learner’s own records', async () => {
  const dir = await write('links', {
    'bep.yml': settings(),
    'server.js': '1',
    '.bep/id': 'mine',
    '.git/config': 'x',
    'src/a': 'a',
    'node_modules/x/index.js': 'x',
  })
  await symlink('../server.js', path.join(dir, 'src', 'inside'))
  await symlink('../../links-out', path.join(dir, 'src', 'outside'))
  await symlink('/etc/passwd', path.join(dir, 'absolute'))
  execFileSync('mkfifo', [path.join(dir, 'pipe')])
  const { subject, leftOut, remove } = await stageSubmission(dir, {
    run,
    launcher: scrubbedProcess,
    inherited: process.env,
  })
  expect((await readdir(subject.dir)).sort()).toEqual(['bep.yml', 'node_modules', 'server.js', 'src'])
  expect(await readFile(path.join(subject.dir, 'src', 'inside'), 'utf8')).toBe('1')
  expect(leftOut.map(({ file }) => file).sort()).toEqual(['absolute', 'pipe', 'src/outside'])
  await remove()
  expect(existsSync(subject.dir)).toBe(false)
})

test('an install that fails says so with its output, and leaves no copy', async () => {
  const dir = await write('fails', { 'bep.yml': settings('install: echo sorry && exit 3\n') })
  const before = await readdir(run.dir)
  await expect(
    stageSubmission(dir, { run, launcher: scrubbedProcess, inherited: process.env }),
  ).rejects.toMatchObject({
    code: 'INSTALL_FAILED',
    message: expect.stringContaining('exited with code 3\n  sorry'),
  })
  expect(await readdir(run.dir)).toEqual(before)
})

test('a registry out of reach is nobody’s fault; an answer that displeases npm is', async () => {
  const dir = await write('registry', {
    'bep.yml': settings('install: npm install --no-audit --no-fund --fetch-retries=0\n'),
    'package.json': { name: 'x', dependencies: { tiny: '1.0.0' } },
  })
  const stageWith = (port: number) =>
    stageSubmission(dir, {
      run,
      launcher: scrubbedProcess,
      inherited: {
        ...process.env,
        HOME: place,
        npm_config_registry: `http://127.0.0.1:${port}/`,
      },
    })
  const registry = createServer((_, response) => void response.writeHead(404).end('{}'))
  await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve))
  const { port } = registry.address() as AddressInfo
  await writeFile(path.join(place, '.npmrc'), `registry=http://127.0.0.1:${port}/\n`)
  await expect(stageWith(port)).rejects.toMatchObject({ code: 'INSTALL_FAILED' })
  registry.closeAllConnections()
  await new Promise(resolve => registry.close(resolve))
  await expect(stageWith(port)).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  })
})

test('a process of somebody else’s work gets no variable of the user’s that is not needed', () => {
  const env = { PATH: '/bin', LANG: 'C', LC_ALL: 'C', SSH_AUTH_SOCK: 'x', API_TOKEN: 'x', npm_config_x: 'x' }
  expect(scrubbedEnvironment(env)).toEqual({ PATH: '/bin', LANG: 'C', LC_ALL: 'C' })
})

const tiers = (await availableTiers()).filter(tier => tier !== 'process')

describe.each(tiers)('packages in the tier %s', tier => {
  let registry: Server
  let asked: string[]
  let launcher: Launcher
  beforeEach(async () => {
    asked = []
    launcher = await openLauncher({ isolation: tier, run, env: process.env })
    const tarball = await packTiny()
    registry = createServer((request, response) => {
      asked.push(request.url ?? '')
      if (request.url?.endsWith('.tgz')) return response.end(tarball)
      const dist = { tarball: 'http://elsewhere.example/tiny/-/tiny-1.0.0.tgz' }
      const versions = { '1.0.0': { name: 'tiny', version: '1.0.0', hasInstallScript: true, dist } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions }))
    })
    await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve))
    return async () => {
      registry.closeAllConnections()
      registry.close()
    }
  })

  /** A package whose install script leaves a file. */
  async function packTiny(): Promise<Buffer> {
    const dir = path.join(run.dir, 'package')
    await mkdir(dir)
    const scripts = { postinstall: 'touch ran' }
    await writeFile(
      path.join(dir, 'package.json'),
      JSON.stringify({ name: 'tiny', version: '1.0.0', scripts }),
    )
    return execFileSync('tar', ['-czf', '-', '-C', run.dir, 'package'])
  }

  const stage = (dir: string, allowScripts = false) => {
    const { port } = registry.address() as AddressInfo
    const inherited = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/` }
    return stageSubmission(dir, { run, launcher, inherited, allowScripts })
  }
  const project = (name: string, extra: Readonly<Record<string, unknown>> = {}) => ({
    'bep.yml': settings('install: npm install --no-audit --no-fund\n'),
    'package.json': {
      name,
      dependencies: { tiny: '1.0.0' },
      scripts: { preinstall: 'touch ran', postinstall: 'touch ran' },
    },
    ...extra,
  })

  test('are made once for all with the same manifest, without scripts, and mounted', async () => {
    const first = await stage(await write('one', project('same')))
    const tree = first.subject.mounts?.node_modules ?? ''
    expect(await readdir(path.join(tree, 'tiny'))).toEqual(['package.json'])
    expect(existsSync(path.join(first.subject.dir, 'ran'))).toBe(false)
    const before = asked.length
    expect(before).toBeGreaterThan(0)
    const second = await stage(await write('two', project('same', { 'node_modules/tiny/evil.js': '1' })))
    expect(second.subject.mounts?.node_modules).toBe(tree)
    expect(asked).toHaveLength(before)
    const { dir: cwd, mounts = {} } = second.subject
    const seen = await launcher.run({
      ...{ command: 'ls node_modules/tiny; touch node_modules/tiny/x', cwd, mounts },
      ...{ env: {}, inherited: process.env, run, limitMs: 10_000 },
    })
    expect(seen).toEqual({ output: 'package.json\n', failure: 'it exited with code 1' })
  }, 120_000)

  test('that cannot be had, as the registry is out of reach, are nobody’s fault', async () => {
    const { port } = registry.address() as AddressInfo
    registry.closeAllConnections()
    await new Promise(resolve => registry.close(resolve))
    const install = { 'bep.yml': settings('install: npm install --fetch-retries=0 && true\n') }
    const dir = await write('outage', project('outage', install))
    const inherited = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/` }
    await expect(stageSubmission(dir, { run, launcher, inherited })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    })
  }, 120_000)

  test('may run their scripts where that is allowed, apart from the others', async () => {
    const { subject } = await stage(await write('scripts', project('scripts')), true)
    expect(await readdir(path.join(subject.mounts?.node_modules ?? '', 'tiny'))).toContain('ran')
    const without = await stage(await write('without', project('scripts')))
    expect(without.subject.mounts?.node_modules).not.toBe(subject.mounts?.node_modules)
  }, 120_000)

  test('come from the user’s registry, whatever the submission names', async () => {
    const resolved = 'http://127.0.0.1:1/tiny/-/tiny-1.0.0.tgz'
    const { subject } = await stage(
      await write(
        'elsewhere',
        project('elsewhere', {
          '.npmrc': 'registry=http://127.0.0.1:1/\nignore-scripts=false\n',
          'package-lock.json': {
            name: 'elsewhere',
            lockfileVersion: 3,
            packages: {
              '': { name: 'elsewhere', dependencies: { tiny: '1.0.0' } },
              'node_modules/tiny': { version: '1.0.0', resolved },
            },
          },
        }),
      ),
    )
    expect(await readdir(path.join(subject.mounts?.node_modules ?? '', 'tiny'))).toEqual(['package.json'])
    expect(asked).toEqual(['/tiny/-/tiny-1.0.0.tgz'])
  }, 120_000)
})
