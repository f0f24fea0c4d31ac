import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Results, resultsSchema } from '../../../cli/engine/results.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, packageRoot, runBep, startBep } from '../bep.js'
import { killPostgres } from '../postgres.js'
import { copySubject, healthyServer, writeWorkspace } from '../workspaces.js'
import { parseXml } from '../xml.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (cwd: string, ...args: string[]) => runBep(args, { home, cwd })
const published = path.join(packageRoot, 'schemas', 'results.schema.json')
const readJson = async (file: string) => JSON.parse(await readFile(file, 'utf8'))

async function errorsOf(results: unknown): Promise<unknown> {
  const ajv = new Ajv2020({ allErrors: true })
  addFormats.default(ajv)
  const validate = ajv.compile(await readJson(published))
  validate(results)
  return validate.errors
}

test('the published schema is the one that the engine writes by', async () => {
  const { $id, ...schema } = await readJson(published)
  expect($id === undefined || typeof $id === 'string').toBe(true)
  expect(schema).toEqual(z.toJSONSchema(resultsSchema))
})

test('a right server earns all that is graded: results.json, JUnit and exit code say so', async () => {
  const cwd = await copySubject(path.join(place, 'right'))
  const { code, stdout } = await bep(cwd, 'grade', '--no-bench', '--junit', 'grade.xml', '--seed', '42')
  expect(code).toBe(0)
  expect(stdout).toMatch(/95 of 95 points \(5 not run\) {2}seed 42 .*postgres local/)
  expect(stdout).toContain('Written to results.json and grade.xml')
  const results: Results = await readJson(path.join(cwd, 'results.json'))
  expect(await errorsOf(results)).toBeNull()
  expect(results).toMatchObject({ version: 1, earned: 95, possible: 95, seed: 42, workspace: cwd })
  expect(results.rows.at(-1)).toMatchObject({ kind: 'performance', verdict: 'notRun' })
  const xml = parseXml(await readFile(path.join(cwd, 'grade.xml'), 'utf8'))
  expect(xml.filter(({ name }) => name === 'testsuite').map(suite => suite.attributes.name)).toEqual(
    results.rows.map(row => row.id),
  )
  expect(xml.filter(({ name }) => name === 'failure')).toEqual([])
  expect(await leftovers(home)).toEqual([])
  expect(await errorsOf({ ...results, earned: 'all' })).toMatchObject([{ instancePath: '/earned' }])
})

test('isolated, a copy is graded, and the tier is told', async () => {
  const cwd = await writeWorkspace(path.join(place, 'isolated'), {
    app: `import { writeFileSync } from 'node:fs'
      writeFileSync('trace', 'was here')
      ${healthyServer('response.writeHead(404).end()')}`,
  })
  const { code, stdout } = await bep(cwd, 'grade', '--isolation', 'process')
  expect(code).toBe(1)
  expect(stdout).toContain('Isolation: process. Written to results.json')
  const results: Results = await readJson(path.join(cwd, 'results.json'))
  expect(await errorsOf(results)).toBeNull()
  expect(results).toMatchObject({ isolation: 'process', earned: 0 })
  expect(results.rows.at(-1)).toMatchObject({ kind: 'performance', verdict: 'notRun' })
  expect(await readdir(cwd)).not.toContain('trace')
  expect(await leftovers(home)).toEqual([])

  const weak = await bep(cwd, 'grade', '--isolation', 'process', '--require', 'sandbox')
  expect(weak.stderr).toMatch(/isolation "process" is weaker than "sandbox"[\s\S]*Fix: /)
  expect(weak.code).toBe(2)
})

test('what a server answers can break neither the reports nor the terminal', async () => {
  const answer = '\\u001b]0;owned\\u0007<b>&\\u0000\\ud800"]]>\\ufffe'
  const cwd = await writeWorkspace(path.join(place, 'hostile'), {
    app: healthyServer(
      `console.log('${answer}'); response.writeHead(404, { 'content-type': 'text/html' }).end('${answer}')`,
    ),
  })
  const { code, stdout } = await bep(cwd, 'grade', '--out', 'out.json', '--junit', 'out.xml')
  expect(code).toBe(1)
  expect(stdout).not.toMatch(/[^\n\P{Cc}]/u)
  const results: Results = await readJson(path.join(cwd, 'out.json'))
  expect(await errorsOf(results)).toBeNull()
  expect(results).toMatchObject({ earned: 0, possible: 100 })
  expect(results.rows.at(-1)).toMatchObject({
    kind: 'performance',
    verdict: 'fail',
    checks: [{ failure: { message: 'POST /users answered 404' } }],
  })
  const xml = parseXml(await readFile(path.join(cwd, 'out.xml'), 'utf8'))
  const failed = results.rows.flatMap(row => row.checks).filter(check => check.verdict === 'fail')
  expect(xml.filter(({ name }) => name === 'failure')).toHaveLength(failed.length)
})

describe('a report that cannot be written is refused before the work', () => {
  test.each([
    ['--out', 'missing/results.json', 'ENOENT'],
    ['--junit', 'missing/grade.xml', 'ENOENT'],
    ['--out', '.', 'EISDIR'],
  ])('%s %s', async (flag, file, reason) => {
    const cwd = await writeWorkspace(path.join(place, 'unwritable'), {
      start: 'touch started && node app.mjs',
      app: healthyServer(),
    })
    const { code, stderr } = await bep(cwd, 'grade', flag, file)
    expect(code).toBe(2)
    expect(stderr).toContain(`cannot write ${path.join(cwd, file)} (${reason})`)
    expect(stderr).toContain('Fix: Name another file')
    expect((await readdir(cwd)).sort()).toEqual(['app.mjs', 'bep.yml'])
  })
})

test('a server that does not start: exit 2, its own words, results without points', async () => {
  const cwd = await writeWorkspace(path.join(place, 'exits'), { app: 'throw new Error("no such table")' })
  const { code, stdout } = await bep(cwd, 'grade', '--junit', 'grade.xml')
  expect(code).toBe(2)
  expect(stdout).toMatch(/could not be graded: the start command `node app\.mjs` exited with code 1/)
  expect(stdout).toMatch(/no such table[\s\S]*Fix: Run it yourself/)
  const results: Results = await readJson(path.join(cwd, 'results.json'))
  expect(await errorsOf(results)).toBeNull()
  expect(results).toMatchObject({ earned: 0, problem: { code: 'APP_EXITED' } })
  const xml = parseXml(await readFile(path.join(cwd, 'grade.xml'), 'utf8'))
  expect(xml.find(({ name }) => name === 'failure')?.attributes.type).toBe('APP_EXITED')
  expect(await leftovers(home)).toEqual([])
})

test('Postgres that is killed mid-run is our error and costs nobody points', async () => {
  const cwd = await copySubject(path.join(place, 'no-postgres'))
  await bep(cwd, 'check', 'tasks-crud', 'users')
  const kept = async () => JSON.parse((await bep(cwd, 'progress', '--json')).stdout)[0].earned
  const before = await kept()
  const asked = path.join(cwd, 'asked')
  const preload = `
    import http from 'node:http'
    import { writeFileSync } from 'node:fs'
    const emit = http.Server.prototype.emit
    let requests = 0
    http.Server.prototype.emit = function (event, ...rest) {
      if (event === 'request' && ++requests === 12) writeFileSync(${JSON.stringify(asked)}, '')
      return emit.call(this, event, ...rest)
    }`
  const fragile = await copySubject(path.join(place, 'fragile'), preload)
  const running = startBep(['grade', '--no-bench', '--json', '--junit', 'grade.xml'], { home, cwd: fragile })
  await expect.poll(() => readdir(cwd), { timeout: 30_000, interval: 5 }).toContain('asked')
  await killPostgres(home)
  const { code, stdout } = await running.ended
  const results = JSON.parse(stdout) as Results
  expect(results.problem).toMatchObject({ code: 'SERVICE_GONE', fix: expect.stringContaining('bep doctor') })
  const verdicts = new Set(results.rows.map(row => row.verdict))
  expect(verdicts).toContain('error')
  expect(verdicts).not.toContain('fail')
  expect(results.earned).toBe(results.possible)
  expect(code).toBe(2)
  expect(await kept()).toBe(before)
  const xml = parseXml(await readFile(path.join(fragile, 'grade.xml'), 'utf8'))
  expect(xml.some(({ name }) => name === 'failure')).toBe(false)
  expect(await leftovers(home)).toEqual([])
}, 120_000)
