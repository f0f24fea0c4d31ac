import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getProject } from '../../../../cli/engine/find-project.js'
import { type GradingLanes, openLanes, type SharedLanes } from '../../../../cli/engine/lanes.js'
import { packageRoot } from '../../../../cli/engine/project-files.js'
import { type StartedServices, startServices } from '../../../../cli/engine/stack.js'
import { compileApart } from '../../../../cli/engine/verify/compile-apart.js'
import { judgeAll, mustEarn } from '../../../../cli/engine/verify/graded.js'
import { applyEdit, plantBugs } from '../../../../cli/engine/verify/planted-bugs.js'
import { nullSubjects } from '../../../../cli/engine/verify/subjects.js'
import { openRun, type Run } from '../../../../fixtures/run.js'
import type { Mutant } from '../../../../graders/kit/rubric.js'
import { makeHome } from '../../../fixtures/temporary-home.js'

const project = getProject('project-1')
let run: Run
let services: StartedServices
let shared: SharedLanes
let lanes: GradingLanes
const { signal } = new AbortController()

beforeAll(async () => {
  const home = await makeHome()
  run = await openRun(home)
  services = await startServices(project, { home, run, provider: 'local' })
  shared = openLanes({ count: 2, run, inherited: process.env, seed: 1, signal })
  lanes = shared.on(services)
}, 120_000)

afterAll(async () => {
  await shared.stop()
  await services.stop()
  await run.close()
})

const mutant = (edit: Pick<Mutant, 'id' | 'breaks' | 'file' | 'find' | 'replace'>): Mutant => ({
  ...edit,
  because: 'It is made up.',
})

test('a mutant that survives, misses its row, breaks a neighbour or cannot be planted is rejected', async () => {
  const created = { file: 'tasks.ts', find: 'ctx.status = 201', replace: 'ctx.status = 200' }
  const planted = await plantBugs(
    [
      mutant({ id: 'caught', breaks: 'status-codes', ...created }),
      mutant({ id: 'other-row', breaks: 'users', ...created }),
      mutant({
        id: 'survives',
        breaks: 'errors',
        file: '../shared/uuid-ids.ts',
        find: "'must be an id'",
        replace: "'must be another id'",
      }),
      mutant({
        id: 'breaks-two',
        breaks: 'tasks-crud',
        file: 'paging.ts',
        find: 'limit: limit + 1',
        replace: 'limit',
      }),
      mutant({
        id: 'no-types',
        breaks: 'users',
        file: 'paging.ts',
        find: 'limit: limit + 1',
        replace: "limit: limit + '1'",
      }),
      // It is the store that no longer fits: declarations changed.
      mutant({
        id: 'no-types-elsewhere',
        breaks: 'users',
        file: 'user-store.ts',
        find: 'pick({ name: true, email: true })',
        replace: 'pick({ name: true })',
      }),
      mutant({ id: 'absent', breaks: 'users', file: 'app.ts', find: 'no such text', replace: '' }),
      mutant({
        id: 'does-not-boot',
        breaks: 'users',
        file: 'main.ts',
        find: 'const logger = pino()',
        replace: 'const logger = pino()\nif (config.PORT > 0) process.exit(3)',
      }),
    ],
    {
      project,
      dir: path.join(run.dir, 'mutants'),
      compile: edits => compileApart(path.join(packageRoot, 'projects'), '01-task-api', edits, signal),
    },
  )
  const cases = await judgeAll(planted, lanes, () => undefined)
  const by = new Map(cases.map(one => [one.name, one]))
  expect(cases.map(({ name, passed, outcome }) => [name, passed, outcome])).toEqual([
    ['caught', true, 'caught by status-codes'],
    ['other-row', false, 'missed its row'],
    ['survives', false, 'survived'],
    ['breaks-two', false, expect.stringContaining('also broke ')],
    ['no-types', false, 'not planted'],
    ['no-types-elsewhere', false, 'not planted'],
    ['absent', false, 'not planted'],
    ['does-not-boot', false, 'did not boot'],
  ])
  expect(by.get('other-row')?.failed).toContainEqual({
    row: 'status-codes',
    check: 'creating answers 201 with the Location of what was created',
    message: expect.stringContaining('POST /tasks answered 200'),
  })
  expect(by.get('breaks-two')?.problem).toContain('`breaks-two` should cost the row `tasks-crud`')
  expect(by.get('no-types')?.problem).toContain('paging.ts:')
  expect(by.get('no-types-elsewhere')?.problem).toMatch(/user-store\.ts:\d+: /)
  expect(by.get('does-not-boot')?.problem).toContain('exited with code 3')
}, 300_000)

test('apps that do nothing of the brief earn nothing', async () => {
  const some = ['always 200 {}', 'echo', 'always 404 problem', 'garbage instead of HTTP', 'never answers']
  const subjects = await nullSubjects(project, path.join(run.dir, 'null-apps'))
  const cases = await Promise.all(
    subjects
      .filter(({ name }) => some.includes(name))
      .map(async ({ name, ...subject }) =>
        mustEarn(name, 'nothing', await lanes.grade(subject, { requestTimeoutMs: 200 })),
      ),
  )
  expect(cases.map(({ name, passed, outcome }) => [name, passed, outcome])).toEqual(
    some.map(name => [name, true, '0 of 95']),
  )
}, 120_000)

test('an edit applies only where its text occurs once', () => {
  expect(applyEdit('a b c', { find: 'b', replace: 'x' })).toBe('a x c')
  expect(applyEdit('a b c', { find: 'd', replace: 'x' })).toBeUndefined()
  expect(applyEdit('b b', { find: 'b', replace: 'x' })).toBeUndefined()
  expect(applyEdit('a b', { find: 'b', replace: 'b' })).toBeUndefined()
  expect(applyEdit('a', { find: 'a', replace: '$&' })).toBe('$&')
})
