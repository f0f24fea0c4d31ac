import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import { temporaryHome } from '../../fixtures/temporary-home.js'
import { leftovers, runBep, startBep } from '../bep.js'
import { emptyQueue, startQueueRedis } from '../engine/queue/queues.js'
import { healthyServer, writeWorkspace } from '../workspaces.js'

let redis: Awaited<ReturnType<typeof startQueueRedis>>
beforeAll(async () => {
  redis = await startQueueRedis()
})
afterAll(() => redis.stop())

const until = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 50_000, interval: 50 })

/** Submissions whose servers say when they start, and go on when the test opens the gate. */
async function gatedSubmissions(names: readonly string[]) {
  const dir = await mkdtemp(path.join(tmpdir(), 'bep-queue-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const [gate, starts] = [path.join(dir, 'gate'), path.join(dir, 'starts')]
  for (const name of names) {
    const before = `
import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
appendFileSync(${JSON.stringify(starts)}, '${name}\\n')
while (!existsSync(${JSON.stringify(gate)})) await sleep(50)
`
    await writeWorkspace(path.join(dir, 'in', name), { app: healthyServer(undefined, before) })
  }
  return {
    cwd: dir,
    open: () => writeFile(gate, ''),
    started: () => (existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n') : []),
    record: async (name: string) =>
      JSON.parse(await readFile(path.join(dir, 'grades/records', `${name}.json`), 'utf8')) as GradeRecord,
  }
}

const grade = ['grade', 'in', '--queue', 'env', '--require', 'process']
const work = [
  'worker',
  '--isolation',
  'process',
  '--require',
  'process',
  '--jobs',
  '1',
  '--takeover-after',
  '5',
]
const workerIsThere = /works for 127\.0\.0\.1:\d+\S*: 1 at a time, isolation process, bep [0-9a-f]{12}/

test('a worker that is killed in the middle loses nothing: another one takes over, and each lands once', async () => {
  await emptyQueue(redis.url)
  const [home, other] = [await temporaryHome(), await temporaryHome()]
  const { cwd, open, started, record } = await gatedSubmissions(['ada', 'bob'])
  const env = { BEP_QUEUE: redis.url }
  const batch = startBep(grade, { home: other, cwd, env })
  const first = startBep(work, { home, cwd, env })
  await until(() => expect(started()).toHaveLength(1))
  const before = JSON.parse((await runBep(['worker', '--status', '--json'], { home, cwd, env })).stdout)
  expect(before.lanes[0]).toMatchObject({ lane: 'new', waiting: 1, active: 1 })
  expect(before.workers).toMatchObject([{ pid: first.pid, slots: 1, tier: 'process' }])
  await first.end('SIGKILL')

  const second = startBep([...work, '--metrics-port', '0'], { home, cwd, env })
  await until(() => expect(started()).toHaveLength(2))
  await open()
  expect(await batch.ended).toMatchObject({ code: 0 })
  for (const name of ['ada', 'bob']) {
    const { outcome, results, attempts } = await record(name)
    expect(outcome).toBe('graded')
    expect(attempts).toBe(1)
    expect(results?.possible).toBeGreaterThan(0)
  }
  expect(started().toSorted()).toHaveLength(3)
  expect(batch.output).toMatch(/2 submissions, by the workers of 127\.0\.0\.1:\d+/)

  const [, url = ''] = await second.printed(/metrics on (http:\S+)/)
  const text = await (await fetch(url)).text()
  expect(text).toContain('bep_queue_waiting_jobs{lane="new"} 0')
  expect(text).toContain('bep_worker_graded_total{lane="new",outcome="graded"} 2')
  expect((await fetch(new URL('/health', url))).status).toBe(200)
  await second.end('SIGTERM')
  expect(await leftovers(home)).toEqual([])
  const password = new URL(redis.url).password
  expect(password).not.toBe('')
  for (const { output } of [batch, first, second]) expect(output).not.toContain(password)
})

test('whoever collects may be killed, too: the same command goes on, and nothing is graded twice', async () => {
  await emptyQueue(redis.url)
  const [home, other] = [await temporaryHome(), await temporaryHome()]
  const { cwd, open, started, record } = await gatedSubmissions(['ada'])
  const env = { BEP_QUEUE: redis.url }
  const killed = startBep(grade, { home: other, cwd, env })
  const worker = startBep(work, { home, cwd, env })
  await until(() => expect(started()).toHaveLength(1))
  await killed.end('SIGKILL')
  await open()
  await worker.printed(/ada +graded/)
  expect(await readdir(path.join(cwd, 'grades/records'))).toEqual([])
  const collected = await runBep([...grade, '--collect'], { home: other, cwd, env })
  expect(collected).toMatchObject({ code: 0 })
  expect(await record('ada')).toMatchObject({ outcome: 'graded', source: path.join(cwd, 'in/ada') })
  const again = await runBep([...grade, '--collect', '--regrade', 'ada'], { home: other, cwd, env })
  expect(again).toMatchObject({ code: 0 })
  await worker.printed(/ada +graded .*regrade/)
  expect(started()).toEqual(['ada', 'ada'])
})

test('on SIGTERM a worker gives back what it cannot finish, and what it started is ended', async () => {
  const queue = await emptyQueue(redis.url)
  const home = await temporaryHome()
  const { cwd, started } = await gatedSubmissions(['ada'])
  const env = { BEP_QUEUE: redis.url }
  const batch = startBep(grade, { home: await temporaryHome(), cwd, env })
  const worker = startBep([...work, '--grace', '0'], { home, cwd, env })
  await until(() => expect(started()).toHaveLength(1))
  const { stderr } = await worker.end('SIGTERM')
  expect(stderr).toMatch(/ada is given back/)
  expect(await queue.queues.new.getWaitingCount()).toBe(1)
  expect(await leftovers(home)).toEqual([])
  await batch.end('SIGINT')
  expect(await queue.queues.new.getWaitingCount()).toBe(1)
})

test('a worker on a machine without services says so and ends; nobody loses points by it', async () => {
  await emptyQueue(redis.url)
  const home = await temporaryHome()
  const { cwd, open, record } = await gatedSubmissions(['ada', 'bob'])
  await open()
  const env = { BEP_QUEUE: redis.url }
  const batch = startBep([...grade, '--retries', '0'], { home: await temporaryHome(), cwd, env })
  const worker = startBep([...work, '--services', 'external'], { home, cwd, env })
  expect(await worker.ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/DATABASE_URL/) })
  expect(await batch.ended).toMatchObject({ code: 2 })
  for (const name of ['ada', 'bob']) expect((await record(name)).outcome).toBe('error')
  expect(await leftovers(home)).toEqual([])
})

test('a worker whose Redis has gone still ends', async () => {
  const gone = await startQueueRedis()
  const home = await temporaryHome()
  const worker = startBep(work, { home, cwd: home, env: { BEP_QUEUE: gone.url } })
  await worker.printed(workerIsThere)
  await gone.stop()
  await worker.printed(/the queue at 127\.0\.0\.1:\d+\S* is away/)
  await worker.end('SIGTERM')
  expect(await leftovers(home)).toEqual([])
})

test('a Redis that is not there, or refuses, is told without the password', async () => {
  const home = await temporaryHome()
  const ask = async (url: string) => {
    const { code, stderr, stdout } = await runBep(['worker', '--status'], {
      home,
      cwd: home,
      env: { BEP_QUEUE: url },
    })
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain('s3cret')
    return stderr
  }
  const wrong = new URL(redis.url)
  wrong.password = 's3cret'
  expect(await ask(wrong.href)).toMatch(/refuses us \(WRONGPASS\)/)
  expect(await ask('redis://:s3cret@127.0.0.1:1')).toMatch(
    /no Redis answers at 127\.0\.0\.1:1 \(ECONNREFUSED\)/,
  )
  expect(await ask('http://:s3cret@host')).toMatch(/that is no URL of a Redis/)
  const { stdout } = await runBep(['worker', '--help'], {
    home,
    cwd: home,
    env: { BEP_QUEUE: 'redis://:s3cret@host' },
  })
  expect(stdout).not.toContain('s3cret')
})
