import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedServices, startServices } from '../../../cli/engine/stack.js'
import { processesOfRun } from '../../../fixtures/processes.js'
import { openRun, type Run } from '../../../fixtures/run.js'
import { monotonicUs } from '../../../graders/kit/exchange.js'
import { faultsOf, NotRun } from '../../../graders/kit/service-faults.js'
import type { StackControl } from '../../../graders/kit/stack-control.js'
import type { Project } from '../../../projects/catalog.js'
import { query } from '../../fixtures/services/query.js'
import { openRedisClient } from '../../fixtures/services/redis-client.js'
import { makeHome } from '../../fixtures/temporary-home.js'

const project: Project = {
  id: 'project-0',
  slug: '00-both',
  title: 'Both services',
  phase: 'Tests',
  topics: [],
  services: ['postgres', 'redis'],
  variants: [{}],
}
const whole = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }

let home: string
let run: Run
let services: StartedServices
beforeAll(async () => {
  home = await makeHome()
  run = await openRun(home)
  services = await startServices(project, { home, run, provider: 'local', searchPath: process.env.PATH })
})
afterAll(async () => {
  await services.stop()
  await run.close()
  await rm(home, { recursive: true })
})

const accepts = (url: string | undefined) =>
  new Promise<boolean>(resolve => {
    const { hostname, port } = new URL(url ?? '')
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

test('a stack has each service of the project, and its taps see what passes', async () => {
  expect(services.origins).toEqual({
    postgres: expect.stringMatching(/^local \d/),
    redis: expect.stringMatching(/^local \d/),
  })
  const [stack, other] = await Promise.all([services.openStack(), services.openStack()])
  const { DATABASE_URL = '', REDIS_URL = '' } = stack.env
  await query(DATABASE_URL, 'SELECT 1')
  const fromUs = monotonicUs()
  const client = await openRedisClient(REDIS_URL)
  await client.set('k', 'v', 'EX', 60)
  const window = { fromUs, toUs: monotonicUs() }
  expect(stack.seen('postgres', window)).toEqual([])
  expect(stack.seen('postgres', whole)).toMatchObject([{ sql: 'SELECT 1' }])
  expect(stack.seen('redis', window).at(-1)).toMatchObject({
    command: 'SET',
    args: ['k', 'v', 'EX', '60'],
    keys: ['k'],
    reply: { type: 'status', text: 'OK' },
  })
  expect(await (await openRedisClient(stack.adminUrls.redis ?? '')).ttl('k')).toBe(60)
  expect(await (await openRedisClient(other.urls.redis ?? '')).get('k')).toBe(null)
  await Promise.all([stack.stop(), other.stop()])
  expect(await accepts(DATABASE_URL)).toBe(false)
  expect(await accepts(REDIS_URL)).toBe(false)
})

test('a fault breaks one service and leaves the other', async () => {
  const stack = await services.openStack()
  const { DATABASE_URL = '', REDIS_URL = '' } = stack.env
  const broken: string[] = []
  const faults = faultsOf('redis', { fault: ({ service, fault }) => stack.fault(service, fault) }, service =>
    broken.push(service),
  )
  await (await openRedisClient(REDIS_URL)).set('k', 'v')
  await faults.down()
  await expect(openRedisClient(REDIS_URL)).rejects.toThrow()
  expect(await query(DATABASE_URL, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  await faults.heal()
  expect(await (await openRedisClient(REDIS_URL)).get('k')).toBe('v')
  await faults.kill()
  await expect(openRedisClient(REDIS_URL)).rejects.toThrow()
  await faults.heal()
  expect(await (await openRedisClient(REDIS_URL)).get('k')).toBe(null)
  expect(services.failure).toBeUndefined()
  expect(new Set(broken)).toEqual(new Set(['redis']))
  await stack.stop()
})

test('what this run cannot do to a service is not run, and a service that is not there is our error', async () => {
  const stack = await services.openStack()
  const control: Pick<StackControl, 'fault'> = {
    fault: ({ service, fault }) => stack.fault(service, fault),
  }
  await expect(faultsOf('postgres', control, () => undefined).kill()).rejects.toThrow(NotRun)
  await stack.stop()
  const alone = await startServices(
    { ...project, services: ['redis'] },
    { home, run, provider: 'local', searchPath: process.env.PATH },
  )
  const small = await alone.openStack()
  expect(Object.keys(small.env)).toEqual(['REDIS_URL'])
  expect(small.has('postgres')).toBe(false)
  await expect(small.fault('postgres', { kind: 'down' })).rejects.toThrow('this project has no Postgres')
  await alone.stop()
})

test('when one service does not start, the others are stopped', async () => {
  const failed = await openRun(home)
  const starting = startServices(project, { home, run: failed, provider: 'local', searchPath: '' })
  await expect(starting).rejects.toMatchObject({ code: 'REDIS_MISSING' })
  expect(processesOfRun(failed.id)).toEqual([])
  await failed.close()
})
