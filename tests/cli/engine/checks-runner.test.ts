import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ChecksRunner, startChecksRunner } from '../../../cli/engine/checks-runner.js'
import type { RunContext } from '../../../graders/kit/run-context.js'
import { packageRoot } from '../bep.js'

// Checks that say which thread ran them, by failing with its number.
const threadOf = `
import { threadId } from 'node:worker_threads'
import { inject, test } from 'vitest'
const meta = { bep: { row: 'any', brief: 'any', hints: ['any'] } }
test('thread', { meta }, () => { throw new Error(inject('bep').runId + ' on thread ' + threadId) })
test('after it', { meta }, () => {})
`
const endless = `
import { test } from 'vitest'
test('endless', { meta: { bep: { row: 'any', brief: 'any', hints: ['any'] } } }, () => new Promise(() => {}))
`

let runner: ChecksRunner
let dir: string
beforeAll(async () => {
  // Where bep's own are when it is installed as a package.
  dir = await mkdtemp(path.join(packageRoot, 'node_modules', '.checks-'))
  await writeFile(path.join(dir, 'thread.check.js'), threadOf)
  await writeFile(path.join(dir, 'endless.check.js'), endless)
  runner = await startChecksRunner()
})
afterAll(async () => {
  await runner.stop()
  await rm(dir, { recursive: true })
})

async function run(runId: string, bail = false) {
  const ran: { title: string; state: string; message: string }[] = []
  await runner.run([path.join(dir, 'thread.check.js')], { runId } as RunContext, {
    bail,
    onCheck: ({ title, test }) => {
      const { state, errors } = test.result()
      ran.push({ title, state, message: errors?.[0]?.message ?? '' })
    },
  })
  return ran
}

test('one thread serves run after run, each with its own context and all its checks', async () => {
  const [first, second] = [await run('one'), await run('two')]
  const thread = first[0]?.message.replace('one', 'two')
  expect(first.map(({ title, state }) => `${title} ${state}`)).toEqual(['thread failed', 'after it passed'])
  expect(second.map(({ title, state }) => `${title} ${state}`)).toEqual(['thread failed', 'after it passed'])
  expect(second[0]?.message).toBe(thread)
})

test('stopping at the first failure holds for the run that asked for it', async () => {
  const states = async (bail: boolean) => (await run('any', bail)).map(({ state }) => state)
  expect(await states(true)).toEqual(['failed', 'pending'])
  expect(await states(false)).toEqual(['failed', 'passed'])
})

test('a cancelled run ends with its thread, and the next one has a new thread', async () => {
  const before = (await run('run'))[0]?.message
  const cancelled = runner.run([path.join(dir, 'endless.check.js')], { runId: 'x' } as RunContext, {
    bail: false,
    onCheck: () => undefined,
  })
  setTimeout(() => void runner.cancel(), 500)
  await cancelled
  const after = (await run('run'))[0]?.message
  expect(after).toMatch(/^run on thread \d+$/)
  expect(after).not.toBe(before)
})
