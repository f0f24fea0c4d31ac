import { expect, test } from 'vitest'
import { getProject } from '../../../../cli/engine/find-project.js'
import type { Results, Verdict } from '../../../../cli/engine/results.js'
import type { GradedCase } from '../../../../cli/engine/verify/graded.js'
import { repeatGrades } from '../../../../cli/engine/verify/repeat.js'
import { runningProcesses } from '../../../../fixtures/processes.js'
import { openRun } from '../../../../fixtures/run.js'
import { makeHome } from '../../../fixtures/temporary-home.js'

const app = (name: string): GradedCase => ({
  name,
  subject: { project: getProject('project-1'), dir: name, command: '' },
  judge: () => ({ name, passed: true, outcome: '' }),
})

const graded = (verdict: Verdict): Results =>
  ({ rows: [{ id: 'users', checks: [{ title: 'a: b', verdict }] }] }) as unknown as Results

const busyChildren = () => runningProcesses().filter(({ parentPid }) => parentPid === process.pid).length

test('a verdict that changes under load is told with its run; a steady one passes', async () => {
  const run = await openRun(await makeHome())
  const before = busyChildren()
  try {
    const done: string[] = []
    const cases = await repeatGrades([app('steady'), app('shaky')], {
      times: 4,
      run,
      lanes: {
        count: 1,
        async grade({ dir }) {
          return graded(dir === 'shaky' && busyChildren() > before ? 'fail' : 'pass')
        },
        settle: async () => undefined,
      },
      onCase: ({ name }) => done.push(name),
    })
    expect(done).toHaveLength(8)
    expect(cases.map(({ name, passed, outcome }) => [name, passed, outcome])).toEqual([
      ['steady', true, '4 times the same'],
      ['shaky', false, 'verdicts changed'],
    ])
    expect(cases[1]?.failed).toEqual([
      {
        row: 'users',
        check: 'a: b',
        message: 'pass in run 1, fail in run 2 under load, fail in run 4 under load',
      },
    ])
  } finally {
    await run.close()
  }
  expect(busyChildren()).toBe(before)
})
