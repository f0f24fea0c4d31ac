import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BenchSubject, benchApp } from '../../../../cli/engine/bench/bench.js'
import { rowOf } from '../../../../cli/engine/bench/performance-row.js'
import { getProject } from '../../../../cli/engine/find-project.js'
import { type StartedServices, startServices } from '../../../../cli/engine/stack.js'
import { openRun, type Run } from '../../../../fixtures/run.js'
import { makeHome } from '../../../fixtures/temporary-home.js'
import { copySubject, healthyServer, writeWorkspace } from '../../workspaces.js'

const project = getProject('project-1')
/** Too short to tell how fast anything is: these tests are about what is measured, not about the figures. */
const windows = { warmUpMs: 50, windowMs: 50, least: 2, most: 2 }

let home: string
let run: Run
let services: StartedServices
beforeAll(async () => {
  home = await makeHome()
  run = await openRun(home)
  services = await startServices(project, { home, run, provider: 'local' })
})
afterAll(async () => {
  await services.stop()
  await run.close()
  await rm(home, { recursive: true, force: true })
})

const bench = (subject: BenchSubject | undefined) => {
  const { signal } = new AbortController()
  return benchApp(project, subject, { services, run, inherited: process.env, seed: 7, signal, windows })
}
const serving = async (name: string, app: string): Promise<BenchSubject> => {
  const dir = await writeWorkspace(path.join(home, name), { app: `${app}` })
  return { project, dir, command: 'node app.mjs' }
}

/** Takes what it is sent, answers at once, and keeps nothing. */
const forgetful = healthyServer(
  `let text = ''
  request.on('data', chunk => { text += chunk })
  request.on('end', () => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET') {
      response.statusCode = request.url.startsWith('/tasks?') ? 200 : 404
      return response.end(JSON.stringify({ items: [], nextCursor: null }))
    }
    const sent = JSON.parse(text)
    response.statusCode = 201
    response.end(JSON.stringify({ id: 'one', ...sent, user: { id: sent.userId, name: 'Ada' } }))
  })`,
)

test('a right app is measured against the reference, answers looked at', async () => {
  const dir = await copySubject(path.join(home, 'right'))
  const report = await bench({ project, dir, command: 'node server.js' })
  expect(report).toMatchObject({ version: 1, project: 'project-1', workspace: dir, seed: 7 })
  expect(report.problem).toBeUndefined()
  expect(report.scenarios.map(({ id, weight }) => [id, weight])).toEqual([
    ['list', 3],
    ['create', 2],
  ])
  for (const { app, reference, ratio, noise, fault } of report.scenarios) {
    expect(fault).toBeUndefined()
    for (const side of [app, reference]) {
      expect(side?.windows).toHaveLength(2)
      expect(Math.min(...(side?.windows ?? [0]))).toBeGreaterThan(0)
      expect(side?.requests).toBeGreaterThan(0)
      expect(side?.p99Ms).toBeGreaterThanOrEqual(side?.p50Ms ?? Number.NaN)
    }
    for (const interval of [ratio, noise]) {
      expect(interval?.low).toBeLessThanOrEqual(interval?.median ?? Number.NaN)
      expect(interval?.high).toBeGreaterThanOrEqual(interval?.median ?? Number.NaN)
    }
  }
}, 180_000)

test('wrong answers earn nothing, however fast', async () => {
  const report = await bench(await serving('forgetful', forgetful))
  expect(report).toMatchObject({ verdict: 'fail', share: 0 })
  expect(report.scenarios).toMatchObject([
    { id: 'list', verdict: 'fail', fault: { message: 'expected the 20 tasks of that user, got 0 items' } },
    { id: 'create', verdict: 'fail', fault: { message: 'GET /tasks/one answered 404' } },
  ])
  const row = { id: 'performance', title: 'Speed', points: 5, kind: 'performance' } as const
  const graded = rowOf(row, report, { brief: 'b', hints: ['h'] })
  expect(graded.earned).toBe(0)
  expect(graded.checks.map(({ verdict }) => verdict)).toEqual(['fail', 'fail'])
}, 180_000)

test('errors under load are wrong answers, too', async () => {
  const everySecond = `
    import http from 'node:http'
    const emit = http.Server.prototype.emit
    let lists = 0
    http.Server.prototype.emit = function (event, request, response) {
      if (event !== 'request' || !request.url.startsWith('/tasks?') || ++lists % 2 === 0)
        return emit.apply(this, arguments)
      response.writeHead(503).end()
      return true
    }`
  const dir = await copySubject(path.join(home, 'every-second'), everySecond)
  const report = await bench({ project, dir, command: 'node --import ./preload.mjs server.js' })
  expect(report.scenarios[0]).toMatchObject({ verdict: 'fail', share: 0, fault: { status: 503 } })
  expect(report.scenarios[1]?.fault).toBeUndefined()
}, 180_000)

test('an app that does not start, or does not take the data, is told why', async () => {
  const exits = await bench(await serving('exits', 'throw new Error("no such table")'))
  expect(exits).toMatchObject({ verdict: 'fail', share: 0, scenarios: [], problem: { code: 'APP_EXITED' } })
  const empty = await bench(await serving('empty', healthyServer('response.writeHead(404).end()')))
  expect(empty.problem).toEqual({ code: 'BENCH_FAULT', message: 'POST /users answered 404' })
}, 180_000)
