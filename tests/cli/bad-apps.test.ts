import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Results } from '../../cli/engine/results.js'
import { makeHome } from '../fixtures/temporary-home.js'
import { leftovers, runBep, startBep } from './bep.js'
import { copySubject, healthyServer, writeWorkspace } from './workspaces.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

async function check(name: string, app: string, ...args: string[]): Promise<Results> {
  const cwd = await writeWorkspace(path.join(place, name), { app })
  const { code, stdout } = await runBep(['check', 'users', ...args, '--json'], { home, cwd })
  const results = JSON.parse(stdout) as Results
  expect(results.problem).toBeUndefined()
  expect(code).toBe(1)
  expect(await leftovers(home)).toEqual([])
  return results
}

const failures = ({ rows }: Results) =>
  rows.flatMap(row => row.checks).flatMap(({ failure }) => (failure ? [failure] : []))

test('an app that dies again and again: each failure says so, and the next check has a new app', async () => {
  const cwd = await copySubject(
    path.join(place, 'dies'),
    `import http from 'node:http'
    const emit = http.Server.prototype.emit
    let requests = 0
    http.Server.prototype.emit = function (event, request, ...rest) {
      if (event === 'request' && request.url !== '/health' && ++requests === 12) process.exit(3)
      return emit.call(this, event, request, ...rest)
    }`,
  )
  const { code, stdout } = await runBep(['check', '--all', '--json'], { home, cwd })
  const results = JSON.parse(stdout) as Results
  const dead = failures(results).filter(({ message }) => message.includes('the server exited with code 3'))
  expect(dead.length).toBeGreaterThan(2)
  const passed = results.rows.flatMap(row => row.checks).filter(({ verdict }) => verdict === 'pass')
  expect(passed.length).toBeGreaterThan(10)
  expect(results.rows.map(row => row.verdict)).not.toContain('error')
  expect(code).toBe(1)
  expect(await leftovers(home)).toEqual([])
})

test.each([
  [
    'garbage',
    "request.socket.end('\\x00\\x01 not HTTP\\r\\n\\r\\n')",
    /the answer is not HTTP|without a whole answer/,
  ],
  [
    'half',
    "request.socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 99\\r\\n\\r\\n{')",
    /without a whole answer/,
  ],
  ['silent', '', /no answer within 5 s/],
  [
    'endless',
    "setInterval(() => response.write(' '), 20)",
    /the answer did not end within 5 s \(\d+ bytes so far\)/,
  ],
  ['huge', "response.write(' '.repeat(3e6))", /larger than 1048576 bytes/],
])('%s answers fail and end', async (name, handler, message) => {
  const results = await check(name, healthyServer(handler))
  expect(results.rows[0]?.verdict).toBe('fail')
  expect(failures(results)[0]?.exchange?.failure).toMatch(message)
})

test('an app that prints without end is graded, and its output bounded', async () => {
  const endless = "setInterval(() => process.stdout.write('noise\\n'.repeat(2000)), 1)"
  const results = await check('noisy', healthyServer(undefined, endless))
  expect(failures(results)[0]?.exchange?.status).toBe(200)
})

test('an app that ignores SIGTERM is killed with its children, also the daemonised', async () => {
  const stubborn = `
    import { spawn } from 'node:child_process'
    import { appendFileSync } from 'node:fs'
    process.on('SIGTERM', () => appendFileSync('signals', 'SIGTERM\\n'))
    const sleeper = ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 9e6)']
    spawn(process.execPath, sleeper, { stdio: 'ignore' })
    spawn(process.execPath, sleeper, { stdio: 'ignore', detached: true }).unref()
  `
  const results = await check('stubborn', healthyServer(undefined, stubborn))
  expect(results.rows[0]?.verdict).toBe('fail')
  expect(await readFile(path.join(place, 'stubborn', 'signals'), 'utf8')).toContain('SIGTERM')
})

test('a second signal ends bep at once; the next command removes the rest', async () => {
  const cwd = await writeWorkspace(path.join(place, 'impatient'), {
    app: healthyServer('', "process.on('SIGTERM', () => console.error('no'))"),
  })
  const bep = startBep(['check', 'users'], { home, cwd })
  await expect.poll(async () => (await leftovers(home)).join('\n'), { timeout: 30_000 }).toContain('app.mjs')
  process.kill(bep.pid, 'SIGINT')
  // Two signals of one kind that wait at once are one.
  const { code } = await bep.end('SIGTERM')
  expect(code).toBe(130)
  expect((await leftovers(home)).join('\n')).toContain('app.mjs')
  const { stdout } = await runBep(['doctor', '--json'], { home, cwd })
  const found = expect.stringContaining('removed those of 1 killed')
  expect(JSON.parse(stdout)).toContainEqual({ about: 'leftovers', state: 'ok', found })
  expect(await leftovers(home)).toEqual([])
})
