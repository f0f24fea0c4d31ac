import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baselineOf, readBaseline, regressions } from '../../../../cli/engine/bench/baseline.js'
import type { BenchReport, ScenarioReport } from '../../../../cli/engine/bench/report.js'
import { benchReportOf, scenarioOf } from './reports.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'bep-baseline-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const ratio = (low: number, high: number) => ({ median: (low + high) / 2, low, high })
const reportWith = (scenario: Partial<ScenarioReport>, more: Partial<BenchReport> = {}) =>
  benchReportOf({ scenarios: [scenarioOf({ id: 'list', title: 'Lists', ...scenario })], ...more })
const kept = baselineOf(reportWith({ ratio: ratio(0.8, 1) }))

test('a baseline is read back as it was written', async () => {
  const file = path.join(dir, 'kept.json')
  await writeFile(file, JSON.stringify(kept))
  expect(await readBaseline(file, 'project-1')).toEqual(kept)
})

describe('what is no baseline is named with its file', () => {
  const broken: readonly [string, string | undefined, RegExp][] = [
    ['missing.json', undefined, /missing\.json cannot be read \(ENOENT\)/],
    ['text.json', 'ratio: 1', /text\.json is no JSON/],
    ['other.json', '{"version":1}', /other\.json is no baseline: bep: /],
    ['list.json', '[]', /list\.json is no baseline: the whole: /],
    [
      'ratio.json',
      JSON.stringify({ ...kept, ratios: { list: { median: '1', low: 1, high: 1 } } }),
      /ratios\.list\.median/,
    ],
    [
      'project.json',
      JSON.stringify({ ...kept, project: 'project-2' }),
      /baseline of project-2, not of project-1/,
    ],
  ]
  test.each(broken)('%s', async (name, text, message) => {
    const file = path.join(dir, name)
    if (text !== undefined) await writeFile(file, text)
    await expect(readBaseline(file, 'project-1')).rejects.toMatchObject({
      code: 'BASELINE_UNREADABLE',
      message: expect.stringMatching(message),
      fix: expect.stringContaining('--save-baseline'),
    })
  })
})

test.each([
  ['an interval below', reportWith({ ratio: ratio(0.5, 0.79) }), [/^0\.65 .* 0\.90 .* baseline$/]],
  ['intervals that touch', reportWith({ ratio: ratio(0.5, 0.8) }), []],
  ['a faster one', reportWith({ ratio: ratio(2, 3) }), []],
  ['noise', reportWith({ ratio: ratio(0.1, 0.2), verdict: 'error' }), []],
  [
    'a wrong answer',
    benchReportOf({
      scenarios: [
        { ...scenarioOf({ id: 'list', title: 'Lists' }, 'unmeasured'), reason: 'wrong under load' },
      ],
    }),
    [/^wrong under load$/],
  ],
  ['a scenario that is gone', benchReportOf({ scenarios: [] }), [/not measured any more/]],
  [
    'a server that does not start',
    benchReportOf({ scenarios: [], problem: { code: 'APP_EXITED', message: 'it exited' } }),
    [/it exited/],
  ],
])('slower than the baseline or not: %s', (_name, report, messages) => {
  expect(regressions(kept, report).map(({ message }) => message)).toEqual(
    messages.map(message => expect.stringMatching(message)),
  )
})

test('a run on a noisy machine, and one that failed, are no baseline', () => {
  const noisy = reportWith({ verdict: 'error', reason: 'noisy machine' })
  expect(() => baselineOf(noisy)).toThrow('this run is no baseline: Lists: noisy machine')
  const failed = reportWith({}, { problem: { code: 'APP_EXITED', message: 'it exited' } })
  expect(() => baselineOf(failed)).toThrow('this run is no baseline: it exited')
})

test('scenarios without points are not in it', () => {
  const report = benchReportOf({
    scenarios: [scenarioOf({ id: 'list' }), scenarioOf({ id: 'login', weight: 0, verdict: 'reported' })],
  })
  expect(Object.keys(baselineOf(report).ratios)).toEqual(['list'])
})
