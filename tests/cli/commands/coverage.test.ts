import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CoverageReport } from '../../../cli/engine/coverage/report.js'
import { findOnPath } from '../../../fixtures/services/search-path.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, packageRoot, runBep } from '../bep.js'
import { healthyServer, writeWorkspace } from '../workspaces.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (cwd: string, ...args: string[]) =>
  // What bep itself is measured with, or preloads, is not the workspace's.
  runBep(['coverage', ...args], { home, cwd, env: { NODE_V8_COVERAGE: path.join(home, 'own') } })
const reportOf = (stdout: string) => JSON.parse(stdout) as CoverageReport

/** Four statements, of which the tests reach those for even numbers. */
const parity = `export function parity(n) {
  if (n % 2 === 0) {
    return 'even'
  }
  return 'odd'
}
`
const parityTest = (expected: string) => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parity } from './parity.mjs'
test('parity', () => {
  assert.match(process.env.DATABASE_URL, /^postgres:/)
  assert.match(process.env.PORT, /^\\d+$/)
  assert.equal(parity(2), '${expected}')
})
`

interface TestedWorkspace {
  readonly expected?: string
  readonly settings?: string
}

/** A workspace whose server answers {} on all paths, and never asks for parity. */
async function tested(name: string, { expected = 'even', settings = '' }: TestedWorkspace = {}) {
  const dir = await writeWorkspace(path.join(place, name), {
    app: healthyServer(
      "if (request.method === 'TRACE') {\n    response.statusCode = 500\n  }\n  response.end('{}')",
    ),
    settings: `test: node --test\n${settings}`,
  })
  await writeFile(path.join(dir, 'parity.mjs'), parity)
  await writeFile(path.join(dir, 'parity.test.mjs'), parityTest(expected))
  return dir
}

test('tests and grader are measured by themselves, and an HTML report is written for each', async () => {
  const dir = await tested('both')
  const { code, stdout, stderr } = await bep(dir, '--seed', '7')
  expect(stderr).toContain('pass 1')
  expect(stdout).toMatch(/^Your tests: node --test {2}passed$/m)
  expect(stdout).toMatch(/^ {2}app\.mjs +0\.0 % +0\.0 % +0\.0 % {2}4-9$/m)
  expect(stdout).toMatch(/^ {2}parity\.mjs +66\.6 % +\d+\.\d % +100\.0 % {2}5$/m)
  expect(stdout).toMatch(/^ {2}at least +80 % +80 % +80 %\n\n {2}✗ too little: lines, branches, functions$/m)
  expect(code).toBe(1)

  const [, grader = ''] = stdout.split('The grader: 0 of 95 points')
  expect(grader).toMatch(/^ {2}app\.mjs +\d+\.\d % +\d+\.\d % +100\.0 % {2}7$/m)
  expect(grader).toMatch(/^ {2}parity\.mjs +0\.0 %/m)
  expect(grader).toMatch(/✓ GET \/health +1 {2}200$/m)
  expect(grader).toMatch(/✓ POST \/users +\d+ {2}200$/m)
  expect(grader).toMatch(/of 13 routes of the brief/)
  for (const half of ['tests', 'grader'])
    expect(await readFile(path.join(dir, 'coverage', half, 'index.html'), 'utf8')).toContain('parity.mjs')
  for (const name of await readdir(path.join(home, 'own')))
    expect(await readFile(path.join(home, 'own', name), 'utf8')).not.toContain(path.join(dir, 'app.mjs'))
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(await leftovers(home)).toEqual([])
})

test('thresholds come from bep.yml, and from --threshold before that', async () => {
  const dir = await tested('thresholds', {
    settings: 'coverage: { lines: 20, branches: 10, functions: 0 }\n',
  })
  const enough = await bep(dir, '--tests', '--json', '--html', '../report')
  expect(reportOf(enough.stdout)).toMatchObject({
    passed: true,
    thresholds: { lines: 20, branches: 10, functions: 0 },
    tests: { below: [], coverage: { html: path.join(place, 'report', 'tests', 'index.html') } },
  })
  expect(reportOf(enough.stdout)).not.toHaveProperty('grader')
  expect(enough.code).toBe(0)
  expect(existsSync(path.join(dir, 'coverage'))).toBe(false)

  const more = await bep(dir, '--tests', '--json', '--threshold', '70')
  expect(reportOf(more.stdout)).toMatchObject({
    passed: false,
    tests: { below: ['lines', 'branches', 'functions'] },
  })
  expect(more.code).toBe(1)
})

test('tests that fail are said to, and measured all the same', async () => {
  const dir = await tested('failing', { expected: 'odd' })
  const { code, stdout, stderr } = await bep(dir, '--tests', '--threshold', '0')
  expect(stderr).toContain("'even' !== 'odd'")
  expect(stdout).toMatch(/^Your tests: node --test {2}failed: it ended with exit code 1$/m)
  expect(stdout).toMatch(/^ {2}parity\.mjs +66\.6 %/m)
  expect(code).toBe(1)
})

test('tests through Vitest reach TypeScript', async () => {
  const dir = await writeWorkspace(path.join(place, 'vitest'), {
    start: 'node --import tsx app.ts',
    settings: 'test: node node_modules/vitest/vitest.mjs run --root .\n',
  })
  await rm(path.join(dir, 'app.mjs'))
  await symlink(path.join(packageRoot, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  await writeFile(path.join(dir, 'parity.ts'), parity.replace('(n)', '(n: number): string'))
  await writeFile(
    path.join(dir, 'parity.test.ts'),
    "import { expect, test } from 'vitest'\nimport { parity } from './parity.js'\ntest('parity', () => expect(parity(2)).toBe('even'))\n",
  )
  const { stdout } = await bep(dir, '--tests', '--json')
  expect(reportOf(stdout).tests).toMatchObject({
    coverage: { files: [{ file: 'parity.ts', lines: { reached: 2, total: 3 }, unreached: ['5'] }] },
    notices: [],
  })
})

test('without a test command the error names the line to add', async () => {
  const dir = await writeWorkspace(path.join(place, 'untested'), { app: healthyServer() })
  const { code, stderr } = await bep(dir)
  expect(stderr).toMatch(
    /bep\.yml has no `test` command to measure\n {2}Fix: Add a line such as `test: npm test`/,
  )
  expect(code).toBe(2)
  expect((await bep(dir, '--grader', '--json')).code).toBe(0)
})

test('a threshold that is none is refused, with the line of bep.yml', async () => {
  const dir = await tested('broken', { settings: 'coverage: { lines: 120 }\n' })
  const { code, stderr } = await bep(dir)
  expect(stderr).toMatch(/bep\.yml:4: `coverage`: /)
  expect(code).toBe(2)
  expect((await bep(dir, '--threshold', '101')).stderr).toContain('It is a percentage from 0 to 100.')
})

test('a server that does not start is a matter of the environment', async () => {
  const dir = await writeWorkspace(path.join(place, 'dead'), { app: 'process.exit(3)\n' })
  const { code, stdout } = await bep(dir, '--grader')
  expect(stdout).toMatch(/the server could not be graded: .*exited with code 3/)
  expect(code).toBe(2)
})

const python = `import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{}')
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
`
test.skipIf(findOnPath(['python3'], process.env.PATH) === undefined)(
  'an app in another language has routes, and it is said that lines are not measured',
  async () => {
    const dir = await writeWorkspace(path.join(place, 'python'), {
      start: 'exec python3 app.py',
      settings: 'test: python3 -c "print(1 + 1)"\n',
    })
    await rm(path.join(dir, 'app.mjs'))
    await writeFile(path.join(dir, 'app.py'), python)
    const { code, stdout } = await bep(dir)
    expect(stdout).toContain(
      'no JavaScript ran under the test command `python3 -c "print(1 + 1)"`: lines are measured for Node.js alone',
    )
    expect(stdout).toContain('no JavaScript ran in your server: lines are measured for Node.js alone')
    expect(stdout).toMatch(/✓ GET \/users +\d+ {2}200$/m)
    expect(stdout).toMatch(/✓ POST \/users +\d+ {2}501$/m)
    expect(stdout).toMatch(/✗ DELETE \/users\/:id +0 {2}no check asked$/m)
    expect(code).toBe(0)
  },
)
