import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { queueStatus } from '../../../../cli/engine/queue/queue-status.js'
import type { JobOutcome } from '../../../../cli/engine/queue/queue-worker.js'
import { packageRoot } from '../../bep.js'
import { emptyQueue, graded, handIn, someWorker, startQueueRedis } from './queues.js'

let redis: Awaited<ReturnType<typeof startQueueRedis>>
beforeAll(async () => {
  redis = await startQueueRedis()
})
afterAll(() => redis.stop())

const until = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 20_000, interval: 20 })

/** Work that waits until it is told to go on. */
function gates() {
  const open = new Map<string, (outcome: JobOutcome) => void>()
  return {
    begun: open,
    grade: (name: string, signal: AbortSignal) =>
      new Promise<JobOutcome>((resolve, reject) => {
        open.set(name, resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
}

test('the same work is in the queue once, and its outcome is there for whoever asks', async () => {
  const queue = await emptyQueue(redis.url)
  const key = await handIn(queue, 'ada')
  await handIn(queue, 'ada')
  let times = 0
  await someWorker(redis.url, async () => {
    times += 1
    return { ...graded, problem: { message: `time ${times}` } }
  })
  const job = await until(async () => {
    const found = await queue.find('new', key)
    expect(await found?.isCompleted()).toBe(true)
    return found
  })
  await handIn(queue, 'ada')
  expect(job && (await queue.outcomeOf(job))).toMatchObject({
    outcome: 'graded',
    problem: { message: 'time 1' },
  })
  expect((await queueStatus(queue)).lanes[0]).toMatchObject({ waiting: 0, done: 1 })
})

test('a regrade of everything does not keep new work waiting, nor the other way round', async () => {
  const queue = await emptyQueue(redis.url)
  for (let n = 0; n < 20; n++) await handIn(queue, `again-${n}`, { lane: 'regrade' })
  for (let n = 0; n < 12; n++) await handIn(queue, `new-${n}`)
  const order: string[] = []
  await someWorker(redis.url, async name => {
    order.push(name)
    return graded
  })
  await until(() => expect(order).toHaveLength(32))
  const lanes = order.map(name => name.split('-')[0])
  // While both have work, each of four is a regrade.
  expect(lanes.slice(0, 16).filter(lane => lane === 'again')).toHaveLength(4)
  expect(lanes.slice(0, 4)).toContain('again')
  expect(order.filter(name => name.startsWith('new'))).toEqual(
    Array.from({ length: 12 }, (_, n) => `new-${n}`),
  )
})

test('only errors are tried again, by any worker, as often as was asked', async () => {
  const queue = await emptyQueue(redis.url)
  const keys = [
    await handIn(queue, 'unlucky', { attempts: 3 }),
    await handIn(queue, 'hopeless', { attempts: 2 }),
    await handIn(queue, 'ungradable', { attempts: 3 }),
  ]
  const tries: string[] = []
  await someWorker(redis.url, async name => {
    tries.push(name)
    const isError =
      name === 'hopeless' || (name === 'unlucky' && tries.filter(one => one === name).length < 3)
    return { outcome: isError ? 'error' : name === 'ungradable' ? name : 'graded', attempts: 1 }
  })
  const outcomes = await until(async () => {
    const jobs = await Promise.all(keys.map(key => queue.find('new', key)))
    return Promise.all(
      jobs.map(async job => {
        expect(await job?.isCompleted()).toBe(true)
        return job && queue.outcomeOf(job)
      }),
    )
  })
  expect(outcomes).toEqual([
    { outcome: 'graded', attempts: 3 },
    { outcome: 'error', attempts: 2 },
    { outcome: 'ungradable', attempts: 1 },
  ])
  expect(tries.toSorted()).toEqual(['hopeless', 'hopeless', 'ungradable', 'unlucky', 'unlucky', 'unlucky'])
})

test('work of a worker that went silent is taken over, and its late outcome is thrown away', async () => {
  const queue = await emptyQueue(redis.url)
  const key = await handIn(queue, 'ada')
  const zombie = gates()
  // Its renewals never arrive, as if it were frozen.
  const frozen = await someWorker(redis.url, zombie.grade, { takeoverMs: 1_500 })
  const silent = frozen.queue.redis
  await until(() => expect(zombie.begun.has('ada')).toBe(true))
  silent.disconnect()
  const healthy = await someWorker(
    redis.url,
    async () => ({ outcome: 'graded', attempts: 1, problem: { message: 'healthy' } }),
    { takeoverMs: 1_500 },
  )
  const done = await until(async () => {
    const found = await queue.find('new', key)
    expect(await found?.isCompleted()).toBe(true)
    return found
  })
  await silent.connect()
  zombie.begun.get('ada')?.({ outcome: 'graded', attempts: 1, problem: { message: 'zombie' } })
  await until(() => expect(frozen.notices.join('\n')).toMatch(/ada came too late/))
  expect(done && (await queue.outcomeOf(done))).toMatchObject({ problem: { message: 'healthy' } })
  expect(await queue.redis.keys('bep:outcome:*')).toHaveLength(1)
  expect(healthy.notices).toEqual([])
})

test('what brings every worker down is given up after three deaths', async () => {
  const queue = await emptyQueue(redis.url)
  const key = await handIn(queue, 'poison')
  for (let n = 0; n < 3; n++) {
    const { begun, grade } = gates()
    const victim = await someWorker(redis.url, grade, { takeoverMs: 1_500 })
    await until(() => expect(begun.has('poison')).toBe(true))
    victim.queue.redis.disconnect()
  }
  const last = gates()
  await someWorker(redis.url, last.grade, { takeoverMs: 1_500 })
  await until(async () =>
    expect((await queue.find('new', key))?.failedReason).toBe('every worker that took it has died'),
  )
  expect(last.begun.size).toBe(0)
})

test('work of another bep is left to those who have it', async () => {
  const queue = await emptyQueue(redis.url)
  const key = await handIn(queue, 'ada', { release: 'newer' })
  const old = await someWorker(redis.url, async () => graded, { refusedMs: 100 })
  await until(() =>
    expect(old.notices[0]).toMatch(/ada is left to other workers: it asks for bep newer, and this is this/),
  )
  expect((await queue.find('new', key))?.progress).toMatchObject({ refused: expect.stringMatching(/newer/) })
  await someWorker(redis.url, async () => graded, { release: 'newer' })
  await until(async () => expect(await (await queue.find('new', key))?.isCompleted()).toBe(true))
})

test('a worker with too little isolation leaves the work to others', async () => {
  const queue = await emptyQueue(redis.url)
  await handIn(queue, 'ada', { required: 'sandbox' })
  const weak = await someWorker(redis.url, async () => graded)
  await until(() =>
    expect(weak.notices[0]).toMatch(/isolation "sandbox" at least, and this worker has process/),
  )
  expect((await queueStatus(queue)).lanes[0]).toMatchObject({ waiting: 1, done: 0 })
})

test('a worker that is stopped finishes what it has, and gives back what takes too long', async () => {
  const queue = await emptyQueue(redis.url)
  const quick = await handIn(queue, 'quick')
  const slow = await handIn(queue, 'slow')
  await handIn(queue, 'next')
  const { begun, grade } = gates()
  const { worker, notices } = await someWorker(redis.url, grade, { slots: 2 })
  await until(() => expect([...begun.keys()]).toEqual(['quick', 'slow']))
  const stopped = worker.stop({ graceMs: 1_000 })
  begun.get('quick')?.(graded)
  await stopped
  expect(await (await queue.find('new', quick))?.isCompleted()).toBe(true)
  expect(await (await queue.find('new', slow))?.isWaiting()).toBe(true)
  expect(notices).toEqual(['slow is given back'])
  expect([...begun.keys()]).toEqual(['quick', 'slow'])
  // No attempt was used up.
  expect((await queue.find('new', slow))?.attemptsMade).toBe(0)
})

test("the machine's own trouble ends the worker and counts as an attempt", async () => {
  const queue = await emptyQueue(redis.url)
  const key = await handIn(queue, 'ada', { attempts: 2 })
  const broken = await someWorker(redis.url, () => Promise.reject(new Error('the disk is full')))
  await expect(broken.worker.ended).rejects.toThrow('the disk is full')
  await someWorker(redis.url, async () => graded)
  const job = await until(async () => {
    const found = await queue.find('new', key)
    expect(await found?.isCompleted()).toBe(true)
    return found
  })
  expect(job && (await queue.outcomeOf(job))).toMatchObject({ attempts: 2 })
})

test('what is not what was handed in is not graded', async () => {
  const queue = await emptyQueue(redis.url)
  const key = await handIn(queue, 'ada')
  await queue.redis.set(`bep:packed:${key}`, 'something else')
  let isGraded = false
  await someWorker(redis.url, async () => {
    isGraded = true
    return graded
  })
  await until(async () => expect((await queue.find('new', key))?.failedReason).toMatch(/gone or damaged/))
  expect(isGraded).toBe(false)
})

test('what waits is in the lists by which deploy/ makes workers', async () => {
  const queue = await emptyQueue(redis.url)
  await handIn(queue, 'ada')
  await handIn(queue, 'bob', { lane: 'regrade' })
  const scaling = await readFile(path.join(packageRoot, 'deploy/kubernetes/scaling.yaml'), 'utf8')
  const lists = [...scaling.matchAll(/listName: (\S+)/g)].map(([, name = '']) => name)
  expect(lists).toHaveLength(2)
  for (const list of lists) expect(await queue.redis.llen(list), list).toBe(1)
})

test('the oldest one that waits tells how late the queue is', async () => {
  const queue = await emptyQueue(redis.url)
  await handIn(queue, 'first')
  await sleep(1_100)
  await handIn(queue, 'second')
  const { lanes } = await queueStatus(queue)
  expect(lanes[0]).toMatchObject({ lane: 'new', waiting: 2, active: 0 })
  expect(lanes[0]?.oldestSeconds).toBeGreaterThanOrEqual(1)
  expect(lanes[1]).toMatchObject({ lane: 'regrade', waiting: 0, oldestSeconds: 0 })
})
