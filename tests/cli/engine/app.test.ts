import { rm } from 'node:fs/promises'
import path from 'node:path'
import getPort from 'get-port'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp } from '../../../cli/engine/app.js'
import { openRun, type Run } from '../../../fixtures/run.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { processesOf } from '../bep.js'
import { healthyServer, writeWorkspace } from '../workspaces.js'

let home: string
let run: Run
let made = 0
beforeAll(async () => {
  home = await makeHome()
})
beforeEach(async () => {
  run = await openRun(home)
  return () => run.close()
})
afterAll(() => rm(home, { recursive: true, force: true }))

const inherited = () => ({ ...process.env, TEST_HOME: home })

async function start(app: string, options: { readyTimeoutMs?: number; signal?: AbortSignal } = {}) {
  made += 1
  const cwd = await writeWorkspace(path.join(home, String(made)), { app })
  const command = 'node app.mjs'
  return startApp({ command, cwd, env: {}, inherited: inherited(), port: await getPort(), run, ...options })
}

describe('an app that is never ready is told apart, and ended', () => {
  const answering = (status: string) => `
    import { createServer } from 'node:http'
    createServer((_, response) => { ${status} }).listen(process.env.PORT, '127.0.0.1')`

  test.each([
    [
      'exits',
      'console.log("no config"); process.exit(3)',
      'APP_EXITED',
      /exited with code 3 before[\s\S]*no config/,
    ],
    [
      'is killed',
      'process.kill(process.pid, "SIGKILL")',
      'APP_EXITED',
      /(was ended by SIGKILL|exited with code 137) before/,
    ],
    [
      'hangs',
      'console.log("thinking"); setInterval(() => {}, 9e6)',
      'APP_NOT_LISTENING',
      /after 1 s, `node app\.mjs` runs, but nothing listens on PORT=\d+[\s\S]*thinking/,
    ],
    [
      'prints without end',
      'setInterval(() => console.log("x".repeat(9e4) + "\\n".repeat(99)), 0)',
      'APP_NOT_LISTENING',
      /nothing listens/,
    ],
    [
      'prints a line without end',
      'setInterval(() => process.stdout.write("x".repeat(9e4)), 0)',
      'APP_NOT_LISTENING',
      /nothing listens[\s\S]*a line of more than 1 MiB/,
    ],
    [
      'is never healthy',
      answering('response.writeHead(503).end()'),
      'APP_NOT_HEALTHY',
      /\/health still gives status 503/,
    ],
    ['never answers', answering(''), 'APP_NOT_HEALTHY', /\/health still gives no answer/],
    [
      'hangs up',
      answering('response.destroy()'),
      'APP_NOT_HEALTHY',
      /still gives something that is not HTTP/,
    ],
  ])('%s', async (_name, app, code, message) => {
    await expect(start(app, { readyTimeoutMs: 1_000 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      fix: expect.stringMatching(/^(Run it|Listen|Answer)/),
    })
    expect(processesOf(home)).toEqual([])
  })

  test.runIf(process.platform === 'linux')('listens on another port', async () => {
    const other = await getPort()
    const app = `import { createServer } from 'node:http'; createServer().listen(${other})`
    await expect(start(app)).rejects.toMatchObject({
      code: 'APP_WRONG_PORT',
      message: expect.stringMatching(new RegExp(`listens on port ${other}, not on PORT=\\d+`)),
    })
    expect(processesOf(home)).toEqual([])
  })

  test('an abort ends the wait', async () => {
    const abort = new AbortController()
    const reason = new Error('stopped by SIGINT')
    const starting = start('console.log(1); setInterval(() => {}, 9e6)', { signal: abort.signal })
    abort.abort(reason)
    await expect(starting).rejects.toBe(reason)
    expect(processesOf(home)).toEqual([])
  })
})

test('the environment is the contract’s, without what belongs to bep, npm and the tests', async () => {
  // A whole environment may be longer than a log line that is kept.
  const named = '/^(PORT$|TEST_HOME$|VITEST|npm_|NODE_OPTIONS|BEP_)/.test(name)'
  const print = `console.log(JSON.stringify(process.env, (name, value) => name === '' || ${named} ? value : undefined))`
  const app = await start(healthyServer('', print))
  const seen = JSON.parse(app.logs.last(1)[0] ?? '{}') as Record<string, string>
  expect(seen).toMatchObject({ PORT: String(app.port), BEP_RUN: run.id, TEST_HOME: home })
  expect(Object.keys(seen).filter(name => /^(VITEST|npm_|NODE_OPTIONS|BEP_(?!RUN))/.test(name))).toEqual([])
  await app.stop()
})

test('its end is told once, with the reason', async () => {
  const app = await start(healthyServer('process.exit(4)'))
  expect(app.exit).toBeUndefined()
  const told = new Promise(resolve => app.onExit(resolve))
  await fetch(app.url).catch(() => undefined)
  expect(await told).toBe('exited with code 4')
  expect(app.exit).toEqual({ reason: 'exited with code 4' })
})

test('an app whose output is cut off lives on', async () => {
  const endless = `setInterval(() => process.stdout.write('x'.repeat(9e5)), 5)`
  const app = await start(healthyServer("response.end('alive')", endless))
  await expect.poll(() => app.logs.last(1)[0], { timeout: 20_000 }).toContain('more than 1 MiB')
  for (let n = 0; n < 20; n++) expect(await (await fetch(app.url)).text()).toBe('alive')
  expect(app.logs.total).toBe(1)
  await app.stop()
})
