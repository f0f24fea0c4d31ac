import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp } from '../../../../cli/engine/app.js'
import type { Launcher } from '../../../../cli/engine/isolation/launcher.js'
import { usualLimits } from '../../../../cli/engine/isolation/limits.js'
import { openLauncher } from '../../../../cli/engine/isolation/open-launcher.js'
import { freePort } from '../../../../fixtures/ports.js'
import { commandOf, runningProcesses } from '../../../../fixtures/processes.js'
import { openRun, type Run, sweepRuns } from '../../../../fixtures/run.js'
import { startBepProcess } from '../../../fixtures/bep-process.js'
import { makeHome } from '../../../fixtures/temporary-home.js'
import { availableTiers } from '../../../hostile/tiers.js'
import { healthyServer, writeWorkspace } from '../../workspaces.js'

const limits = { ...usualLimits, memoryBytes: 256 * 1024 * 1024, folderBytes: 32 * 1024 * 1024 }

let home: string
beforeAll(async () => {
  home = await makeHome()
})
afterAll(() => rm(home, { recursive: true, force: true }))

const commandsWith = (word: string) =>
  runningProcesses()
    .map(({ pid }) => commandOf(pid) ?? '')
    .filter(command => command.includes(word))

const tiers = (await availableTiers()).filter(tier => tier !== 'process')

describe.each(tiers)('in the tier %s', tier => {
  let run: Run
  let launcher: Launcher
  let cwd: string
  beforeEach(async () => {
    run = await openRun(home)
    launcher = await openLauncher({ isolation: tier, run, env: process.env, limits })
    cwd = path.join(run.dir, 'app')
    return () => run.close()
  })

  const start = async (app: string, env: Record<string, string> = {}) => {
    await writeWorkspace(cwd, { app })
    const port = await freePort()
    return startApp({ launcher, command: 'node app.mjs', cwd, env, inherited: process.env, port, run })
  }
  const command = async (line: string, options: object = {}) => {
    await mkdir(cwd, { recursive: true })
    return launcher.run({
      ...{
        command: line,
        cwd,
        env: {},
        inherited: process.env,
        run,
        limitMs: 20_000,
        output: 'both' as const,
      },
      ...options,
    })
  }

  test('an app is reached on its port, says its ports, and ends by SIGTERM', async () => {
    const app = await start(
      healthyServer(
        "response.end('hello')",
        "process.on('SIGTERM', () => { console.log('asked'); process.exit(0) })",
      ),
    )
    expect(await (await fetch(app.url)).text()).toBe('hello')
    expect(await app.listeningPorts()).toEqual([app.port])
    const told = new Promise(resolve => app.onExit(resolve))
    await app.stop()
    await told
    expect(app.logs.last(1)).toEqual(['asked'])
    await expect(fetch(app.url)).rejects.toThrow()
  })

  test('a port that the app closes is closed outside, and open again when it opens it', async () => {
    const app = await start(`
      import { createServer } from 'node:http'
      const listen = () => {
        const server = createServer((request, response) => {
          response.end('{}')
          if (request.url === '/close') server.close(() => setTimeout(listen, 1500))
        })
        server.keepAliveTimeout = 1
        server.listen(process.env.PORT, '127.0.0.1')
      }
      listen()`)
    await fetch(`${app.url}/close`)
    const code = async () => {
      const thrown = await fetch(app.url).catch((error: unknown) => error)
      return (thrown as { cause?: { code?: string } }).cause?.code
    }
    await expect.poll(code, { timeout: 10_000 }).toBe('ECONNREFUSED')
    await expect.poll(async () => (await fetch(app.url)).status, { timeout: 20_000 }).toBe(200)
    await app.stop()
  })

  test('it reaches the services that its variables name, and a service that is cut is cut inside', async () => {
    const sockets: Socket[] = []
    const service = createServer(socket => {
      sockets.push(socket)
      socket.write('welcome')
    })
    const port = await freePort()
    await new Promise<void>(resolve => service.listen(port, '127.0.0.1', resolve))
    const app = await start(
      healthyServer(
        '',
        `import net from 'node:net'
        const socket = net.connect(new URL(process.env.SERVICE_URL).port, '127.0.0.1')
        socket.on('data', data => console.log('got ' + data))
        socket.on('close', () => console.log('closed'))
        socket.on('error', () => undefined)`,
      ),
      { SERVICE_URL: `tcp://user@127.0.0.1:${port}/x` },
    )
    await expect.poll(() => app.logs.last(9), { timeout: 10_000 }).toEqual(['got welcome'])
    for (const socket of sockets) socket.resetAndDestroy()
    await expect.poll(() => app.logs.last(9), { timeout: 10_000 }).toEqual(['got welcome', 'closed'])
    await app.stop()
    service.close()
  })

  test('an app that used too much memory is told so', async () => {
    const app = await start(healthyServer('globalThis.held = Buffer.alloc(5e8, 1)'))
    const told = new Promise(resolve => app.onExit(resolve))
    await fetch(app.url).catch(() => undefined)
    expect(await told).toContain('it used more than 256 MiB of memory')
    await app.stop()
  })

  test('an app on a wrong port is told apart', async () => {
    const app = healthyServer().replace('process.env.PORT', '4001')
    await expect(start(app)).rejects.toMatchObject({ code: 'APP_WRONG_PORT' })
  })

  test('the folder can be written by a command that may, and no further than the limit', async () => {
    expect((await command('echo x > made')).failure).toBeDefined()
    expect(await command('echo x > made && cat made', { writable: true })).toEqual({ output: 'x\n' })
    const filling =
      'for n in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=f$n bs=1M count=16 2>/dev/null; sleep 1; done'
    const { failure } = await command(filling, { writable: true })
    expect(failure).toBe('it wrote more than 32 MiB')
  })

  test('a command ends with its time, its exit code is told, and its output is bounded', async () => {
    expect(await command('exit 3')).toEqual({ output: '', failure: 'it exited with code 3' })
    expect((await command('sleep 60', { limitMs: 500 })).failure).toBe('it did not end within 0.5 s')
    const { output } = await command('head -c 3000000 /dev/zero | tr "\\0" x')
    expect(output).toHaveLength(1024 * 1024)
  })

  test('what a killed bep was running ends with it, and a later one removes the rest', async () => {
    const bep = await startBepProcess<{ id: string; url: string }>('starts-submission.ts', home, tier)
    const { id, url } = bep.said
    expect(await (await fetch(url)).text()).toBe('alive')
    expect(commandsWith(`${id}.mjs`)).not.toEqual([])
    await bep.kill()
    await expect.poll(() => commandsWith(`${id}.mjs`), { timeout: 10_000 }).toEqual([])
    expect((await sweepRuns(home)).map(swept => swept.id)).toEqual([id])
  })

  test('mounted folders lie where they should, read-only', async () => {
    const source = path.join(run.dir, 'packages')
    await mkdir(source)
    await writeFile(path.join(source, 'x'), 'mounted')
    await mkdir(path.join(cwd, 'node_modules'), { recursive: true })
    const mounts = { node_modules: source }
    expect(await command('cat node_modules/x', { mounts })).toEqual({ output: 'mounted' })
    expect((await command('echo y > node_modules/x', { mounts, writable: true })).failure).toBeDefined()
  })
})

test('what is required and cannot be had is refused', async () => {
  const run = await openRun(home)
  const nowhere = { PATH: '/nowhere', BEP_APP_IMAGE: 'nobody/nothing:0' }
  const open = (options: Omit<Parameters<typeof openLauncher>[0], 'run' | 'env'>) =>
    openLauncher({ run, env: nowhere, ...options })
  await expect(open({ isolation: 'auto', required: 'sandbox' })).rejects.toMatchObject({
    code: 'ISOLATION_UNAVAILABLE',
    message: expect.stringMatching(/as strong as "sandbox" \(no docker: .*; no sandbox: .*bwrap/),
  })
  await expect(open({ isolation: 'process', required: 'sandbox' })).rejects.toMatchObject({
    code: 'ISOLATION_UNAVAILABLE',
  })
  await expect(open({ isolation: 'sandbox' })).rejects.toMatchObject({ code: 'SANDBOX_MISSING' })
  const notices: string[] = []
  const { tier } = await open({ isolation: 'auto', onNotice: line => notices.push(line) })
  expect(tier).toBe('process')
  expect(notices.join()).toMatch(/unprotected.*no docker.*no sandbox/)
  await run.close()
})
