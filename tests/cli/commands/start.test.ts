import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import getPort from 'get-port'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, packageRoot, processesOf, runBep, startBep } from '../bep.js'
import { killPostgres } from '../postgres.js'
import { countingServer, healthyServer, writeWorkspace } from '../workspaces.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

interface Ready {
  readonly workspace?: string
  readonly app: string
  readonly reference?: string
  readonly database: string
}

/** Starts a workspace's server with `--json` and waits until it says where it is. */
async function startReady(cwd: string, ...args: string[]) {
  const bep = startBep(['start', '--json', ...args], { home, cwd })
  const [line] = await bep.printed(/^\{.*\}$/m)
  return { bep, ready: JSON.parse(line) as Ready }
}

const freePort = async () => String(await getPort())
const getJson = async (url: string) => (await fetch(url)).json()

describe('a new workspace', () => {
  test('blank: brief and settings; the start command that is still to be set is told', async () => {
    const { code, stdout, stderr } = await runBep(
      ['start', 'project-1', '--starter', 'blank', '--port', await freePort()],
      { home, cwd: place },
    )
    const dir = path.join(place, 'task-api')
    expect((await readdir(dir)).sort()).toEqual(['.bep', 'BRIEF.md', 'bep.yml'])
    expect(stdout).toMatch(/task-api has 2 new files; the task is in BRIEF\.md/)
    expect(stderr).toMatch(/exited with code 1 before it was ready[\s\S]*Set the start command in bep\.yml/)
    expect(code).toBe(2)
    expect(await leftovers(home)).toEqual([])
  })

  test('typescript: installs, runs, answers, and is run again without installing', async () => {
    const bin = path.join(place, 'npm-bin')
    await mkdir(bin)
    const modules = path.join(packageRoot, 'node_modules')
    await writeFile(
      path.join(bin, 'npm'),
      `#!/bin/sh\necho "installed $*" >> npm.log\nln -s ${modules} node_modules\n`,
    )
    await chmod(path.join(bin, 'npm'), 0o755)
    const args = ['start', '1', '--dir', 'new', '--no-reference', '--port', await freePort()]
    const options = { home, cwd: place, env: { PATH: `${bin}:${process.env.PATH}` } }
    const dir = path.join(place, 'new')
    for (const expected of [
      /new files[\s\S]*dependencies installed[\s\S]*cd new && npx bep watch/,
      /npx bep watch/,
    ]) {
      const bep = startBep(args, options)
      await bep.printed(/Ctrl-C stops everything/)
      expect(bep.output).toMatch(expected)
      const [url = ''] = bep.output.match(/http:\/\/localhost:\d+/) ?? []
      expect((await fetch(`${url}/health`)).status).toBe(200)
      expect((await bep.end('SIGINT')).code).toBe(130)
      expect(bep.output).toContain('stopped; nothing is left running')
    }
    expect((await readFile(path.join(dir, 'npm.log'), 'utf8')).split('\n')).toHaveLength(2)
    expect(await readdir(dir)).toEqual(
      expect.arrayContaining(['.gitignore', 'package.json', 'src', 'BRIEF.md']),
    )
    expect(await leftovers(home)).toEqual([])
  })

  test('a folder with other files is left untouched', async () => {
    const dir = path.join(place, 'others')
    await mkdir(dir)
    await writeFile(path.join(dir, 'notes.txt'), 'mine')
    const { code, stderr } = await runBep(['start', '1', '--dir', 'others'], { home, cwd: place })
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /others has other files \(notes\.txt\); nothing was written[\s\S]*`--dir`.*`--add`/,
    )
    expect(await readdir(dir)).toEqual(['notes.txt'])
  })

  test('--add adds what is missing and overwrites nothing', async () => {
    const dir = path.join(place, 'added')
    await mkdir(dir)
    await writeFile(path.join(dir, 'BRIEF.md'), 'mine')
    const { stdout } = await runBep(
      ['start', '1', '--dir', 'added', '--add', '--starter', 'blank', '--port', await freePort()],
      { home, cwd: place },
    )
    expect(stdout).toContain('added has 1 new files')
    expect(await readFile(path.join(dir, 'BRIEF.md'), 'utf8')).toBe('mine')
    expect(await readdir(dir)).toContain('bep.yml')
  })

  test.runIf(canMount())('on a full disk nothing half-made is left', async () => {
    const disk = await mountTmpfs('full', 'size=16k')
    const { code, stderr } = await runBep(['start', '1', '--dir', 'disk/api'], { home, cwd: disk.above })
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot write into .*disk\/api: the disk is full[\s\S]*Fix: .*`--dir`/)
    expect(await readdir(disk.dir)).toEqual([])
  })

  test.runIf(canMount())('in a read-only folder it says so', async () => {
    const disk = await mountTmpfs('read-only', 'size=1m,ro')
    const { code, stderr } = await runBep(['start', '1', '--dir', 'disk/api'], { home, cwd: disk.above })
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot write into .*disk\/api: .*\n {2}Fix: .*`--dir`/)
    expect(stderr).not.toContain('bug of bep')
    expect(await readdir(disk.dir)).toEqual([])
  })

  test.runIf(canMount())('a workspace that has become read-only is named', async () => {
    const disk = await mountTmpfs('frozen', 'size=1m')
    await writeWorkspace(disk.dir, { app: healthyServer() })
    execFileSync('mount', ['-o', 'remount,ro', disk.dir])
    const { code, stderr } = await runBep(['start'], { home, cwd: disk.dir })
    expect(code).toBe(2)
    expect(stderr).toMatch(/cannot write into .*disk\/\.bep \(EROFS\)\n {2}Fix: /)
    expect(await leftovers(home)).toEqual([])
  })
})

describe('a running workspace', () => {
  test('keeps its data, restarts on save, and has the reference beside it on its own database', async () => {
    const cwd = await writeWorkspace(path.join(place, 'counting'), { app: countingServer })
    const port = await freePort()
    const first = await startReady(cwd, '--port', port)
    expect(first.ready).toMatchObject({ workspace: cwd, app: `http://localhost:${port}` })
    expect(await getJson(first.ready.app)).toEqual({ visits: 1 })

    const created = await fetch(`${first.ready.reference}/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada', email: 'ada@example.com' }),
    })
    expect(created.status).toBe(201)
    expect(await getJson(`${first.ready.app}/users`)).toEqual({ visits: 2 })

    await writeFile(path.join(cwd, 'app.mjs'), countingServer.replace('as visits', 'as again'))
    await expect
      .poll(() => getJson(first.ready.app).catch(() => ({})), { timeout: 20_000 })
      .toHaveProperty('again')
    expect((await first.bep.end('SIGINT')).code).toBe(130)
    expect(await leftovers(home)).toEqual([])

    const { stdout } = await runBep([], { home, cwd })
    expect(stdout).toContain('Your server is not running: `bep start`')

    const second = await startReady(cwd, '--port', port, '--no-reference')
    expect(second.ready).not.toHaveProperty('reference')
    const { again } = (await getJson(second.ready.app)) as { again: number }
    expect(again).toBeGreaterThan(3)
    await second.bep.end('SIGTERM')
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s stops everything', async signal => {
    const cwd = await writeWorkspace(path.join(place, signal), { app: healthyServer() })
    const { bep } = await startReady(cwd, '--port', await freePort(), '--no-reference')
    expect(processesOf(home).length).toBeGreaterThan(2)
    const { code, stdout, stderr } = await bep.end(signal)
    expect(code).toBe(130)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(stderr).toBe('')
    expect(await leftovers(home)).toEqual([])
    expect(await readdir(path.join(cwd, '.bep'))).toEqual(['id'])
  })

  test('a signal while the server is not ready yet stops everything, too', async () => {
    const cwd = await writeWorkspace(path.join(place, 'early'), {
      app: 'console.log("here"); setInterval(() => {}, 1000)',
    })
    const bep = startBep(['start', '--port', await freePort()], { home, cwd })
    await bep.printed(/│ here/)
    expect((await bep.end('SIGTERM')).code).toBe(130)
    expect(await leftovers(home)).toEqual([])
  })

  test('a signal while dependencies are installed ends the installer and its children', async () => {
    const cwd = await writeWorkspace(path.join(place, 'installing'), {
      app: healthyServer(),
      settings: 'install: touch begun && sleep 1000 && true\n',
    })
    const bep = startBep(['start', '--port', await freePort()], { home, cwd })
    await expect.poll(() => readdir(cwd), { timeout: 20_000 }).toContain('begun')
    expect((await bep.end('SIGTERM')).code).toBe(130)
    expect(await leftovers(home)).toEqual([])
  })

  test('what SIGKILL leaves, the next command removes and says; the data stays', async () => {
    const cwd = await writeWorkspace(path.join(place, 'killed'), { app: countingServer })
    const port = await freePort()
    const killed = await startReady(cwd, '--port', port, '--no-reference')
    await getJson(killed.ready.app)
    await killed.bep.end('SIGKILL')
    expect((await leftovers(home)).length).toBeGreaterThan(1)
    const next = startBep(['start', '--port', port, '--no-reference'], { home, cwd })
    await next.printed(/Ctrl-C stops everything/)
    expect(next.output).toContain('removed what a command that was killed had left')
    expect(await getJson(killed.ready.app)).toEqual({ visits: 2 })
    await next.end('SIGINT')
    expect(await leftovers(home)).toEqual([])
  })

  test('a second start in the same workspace names the first', async () => {
    const cwd = await writeWorkspace(path.join(place, 'twice'), { app: healthyServer() })
    const { bep, ready } = await startReady(cwd, '--port', await freePort(), '--no-reference')
    const { code, stderr } = await runBep(['start'], { home, cwd })
    expect(code).toBe(2)
    expect(stderr).toContain(`process ${bep.pid}`)
    expect(stderr).toContain(ready.app)
    const reset = await runBep(['reset', '--data', '--yes'], { home, cwd })
    expect(reset.code).toBe(2)
    expect(reset.stderr).toContain(`process ${bep.pid}`)
    expect((await runBep([], { home, cwd })).stdout).toContain(`Your server runs at ${ready.app}`)
    expect((await fetch(ready.app)).status).toBe(200)
    await bep.end('SIGINT')
  })

  test('a port that is taken is refused, and the default port moves on and says so', async () => {
    const cwd = await writeWorkspace(path.join(place, 'port'), { app: healthyServer() })
    const other = createServer().listen(await getPort(), '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as { port: number }
    const refused = await runBep(['start', '--port', String(port)], { home, cwd })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(new RegExp(`port ${port} is taken[\\s\\S]*\`--port \\d+\` is free`))

    const squatter = createServer().listen(3000, '127.0.0.1')
    // Where something has the port already, that does just as well.
    await new Promise(resolve => squatter.once('listening', resolve).once('error', resolve))
    onTestFinished(() => void squatter.close())
    const { bep, ready } = await startReady(cwd, '--no-reference')
    const chosen = Number(new URL(ready.app).port)
    expect(chosen).toBeGreaterThan(3000)
    expect(bep.output).toContain(`port 3000 is taken: your server gets ${chosen}`)
    await bep.end('SIGINT')
  })

  test('the last port there is leaves the reference another one', async () => {
    const cwd = await writeWorkspace(path.join(place, 'last-port'), { app: healthyServer() })
    const { bep, ready } = await startReady(cwd, '--port', '65535')
    expect(ready.app).toBe('http://localhost:65535')
    expect((await fetch(`${ready.reference}/health`)).status).toBe(200)
    await bep.end('SIGINT')
  })

  test('a server that dies later is told, and comes back on save', async () => {
    const cwd = await writeWorkspace(path.join(place, 'dying'), {
      app: healthyServer("console.log('bye'); process.exit(7)"),
    })
    const port = await freePort()
    const bep = startBep(['start', '--port', port, '--no-reference'], { home, cwd })
    await bep.printed(/Ctrl-C stops everything/)
    await fetch(`http://localhost:${port}/`).catch(() => undefined)
    await bep.printed(/│ bye[\s\S]*your server exited with code 7; it starts again when you save/)
    await writeFile(path.join(cwd, 'app.mjs'), healthyServer())
    await bep.printed(/your server was started again \(app\.mjs changed\)/)
    expect((await fetch(`http://localhost:${port}/`)).status).toBe(200)
    await bep.end('SIGINT')
    expect(await leftovers(home)).toEqual([])
  })

  test('Postgres that is killed ends it with 2, the reference included', async () => {
    const cwd = await writeWorkspace(path.join(place, 'no-postgres'), { app: healthyServer() })
    const { bep } = await startReady(cwd, '--port', await freePort())
    await killPostgres(home)
    const { code, stdout } = await bep.ended
    expect(code).toBe(2)
    expect(JSON.parse(stdout.slice(stdout.indexOf('\n'))).error).toMatchObject({
      code: 'SERVICE_GONE',
      fix: expect.stringContaining('your data is kept'),
    })
    expect(await leftovers(home)).toEqual([])
  })
})

test('a folder that is a workspace of another project is left as it is', async () => {
  const root = await packageWithTwoProjects(path.join(place, 'package'))
  const cwd = path.join(place, 'two')
  const other = await writeWorkspace(path.join(cwd, 'task-api'), { app: healthyServer() })
  const settings = 'project: project-2\nstart: node app.mjs\n'
  await writeFile(path.join(other, 'bep.yml'), settings)
  const bep = startBep(['start', 'project-1'], { home, cwd, executable: path.join(root, 'bin', 'bep.js') })
  const { code, stderr } = await bep.ended
  expect(code).toBe(2)
  expect(stderr).toMatch(/task-api is a workspace of project-2, not of project-1\n {2}Fix: .*`--dir`/)
  expect(await readFile(path.join(other, 'bep.yml'), 'utf8')).toBe(settings)
  expect((await readdir(other)).sort()).toEqual(['app.mjs', 'bep.yml'])
})

test('--reference runs the reference alone and makes no workspace', async () => {
  const cwd = path.join(place, 'elsewhere')
  await mkdir(cwd)
  const { bep, ready } = await startReady(cwd, 'project-1', '--reference', '--port', await freePort())
  expect(ready).not.toHaveProperty('app')
  expect(await getJson(`${ready.reference}/users`)).toMatchObject({ items: [] })
  expect((await bep.end('SIGINT')).code).toBe(130)
  expect(await readdir(cwd)).toEqual([])
  expect(await leftovers(home)).toEqual([])
})

/** bep as it would be with a second project in its catalog. */
async function packageWithTwoProjects(root: string): Promise<string> {
  for (const part of ['bin', 'dist', 'package.json'])
    await cp(path.join(packageRoot, part), path.join(root, part), { recursive: true })
  for (const part of ['node_modules', 'templates'])
    await symlink(path.join(packageRoot, part), path.join(root, part), 'junction')
  const catalog = path.join(root, 'dist', 'projects', 'catalog.js')
  const second = '{ ...first, id: "project-2", slug: "02-other" }'
  const source = await readFile(catalog, 'utf8')
  await writeFile(
    catalog,
    `${source.replace('export const catalog', 'const projects')}
const [first] = projects
export const catalog = [first, ${second}]
`,
  )
  return root
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A small disk of its own in `<place>/<name>/disk`. */
async function mountTmpfs(name: string, options: string): Promise<{ above: string; dir: string }> {
  const above = path.join(place, name)
  const dir = path.join(above, 'disk')
  await mkdir(dir, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir])
  onTestFinished(() => void execFileSync('umount', ['-l', dir]))
  return { above, dir }
}
