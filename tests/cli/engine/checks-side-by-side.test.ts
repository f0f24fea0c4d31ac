import { expect, test } from 'vitest'
import type { Subject } from '../../../cli/engine/checks-run.js'
import { getProject } from '../../../cli/engine/find-project.js'
import { gradeApp } from '../../../cli/engine/grade.js'
import { type StartedGrader, startGrader } from '../../../cli/engine/grader.js'
import type { Results } from '../../../cli/engine/results.js'
import { withSession } from '../../../cli/engine/session.js'
import { referenceSubject } from '../../../cli/engine/verify/subjects.js'
import { findOnPath } from '../../../fixtures/services/search-path.js'
import { catalog, type Project } from '../../../projects/catalog.js'
import { temporaryHome } from '../../fixtures/temporary-home.js'

const [project1] = catalog
const project3 = getProject('project-3')
const reference = referenceSubject(project1)

interface Options {
  readonly bail?: boolean
  /** One row at a time. */
  readonly alone?: boolean
  readonly rows?: readonly string[]
}

async function withGrader(
  use: (
    grade: (subject: Subject, options?: Options) => Promise<Results>,
    rowsAtATime: number,
  ) => Promise<void>,
  project: Project = project1,
): Promise<void> {
  const env = { PATH: process.env.PATH, BEP_HOME: await temporaryHome() }
  await withSession(env, async ({ home, run }) => {
    const grader: StartedGrader = await startGrader(project, {
      home,
      run,
      provider: 'local',
      env,
      sideBySide: true,
    })
    try {
      await use(
        (subject, { alone = false, ...options } = {}) =>
          gradeApp(subject, {
            ...grader,
            ...(alone && { moreRunners: [] }),
            ...{ run, inherited: env, seed: 7, readyTimeoutMs: 10_000, performance: 'listed', ...options },
          }),
        grader.moreRunners.length + 1,
      )
    } finally {
      await grader.stop()
    }
  })
}

const verdicts = ({ rows }: Results) =>
  rows.map(({ id, verdict, checks }) => `${id} ${verdict}: ${checks.map(check => check.title).join(', ')}`)

async function expectSameSideBySide(project: Project, { count, rows }: { count: number; rows?: string[] }) {
  await withGrader(async (grade, rowsAtATime) => {
    expect(rowsAtATime, 'on a machine of two cores').toBe(count)
    const subject = referenceSubject(project)
    const options = rows && { rows }
    const [alone, together] = [
      await grade(subject, { ...options, alone: true }),
      await grade(subject, options),
    ]
    expect(verdicts(together)).toEqual(verdicts(alone))
    expect(together.earned).toBe(together.possible)
  }, project)
}

test('two rows at a time give what one at a time gives, in the same order', () =>
  expectSameSideBySide(project1, { count: 2 }))

test.runIf(findOnPath(['redis-server', 'valkey-server'], process.env.PATH))(
  'so do three, where two rows are of faults',
  () => expectSameSideBySide(project3, { count: 3, rows: ['without-redis', 'without-mongodb', 'pipelines'] }),
)

test('up to the first failure, it alone is told, whatever the second instance saw', async () => {
  // All rows fail, and the first of them does so last.
  const silent: Subject = {
    ...reference,
    command: `node -e "require('http').createServer((q, s) => {
      s.statusCode = q.url === '/health' ? 200 : 404
      setTimeout(() => s.end(), q.url.startsWith('/users') ? 1000 : 0)
    }).listen(process.env.PORT, '127.0.0.1')"`,
  }
  await withGrader(async grade => {
    const { rows, earned, possible } = await grade(silent, {
      bail: true,
      rows: ['users', 'api-docs', 'relations'],
    })
    const [first, ...later] = rows
    expect(first).toMatchObject({ verdict: 'fail', earned: 0 })
    for (const { id, verdict, checks } of later) {
      expect(verdict, id).toBe('notRun')
      expect(
        checks.filter(check => check.verdict !== 'notRun' || check.failure),
        id,
      ).toEqual([])
    }
    expect({ earned, possible }).toEqual({ earned: 0, possible: first?.points })
  })
})

test('a server that does not start is told once, and loses all that would have been graded', async () => {
  await withGrader(async grade => {
    const ended = { ...reference, command: 'node -e "process.exit(3)"' }
    const { problem, rows, earned, possible } = await grade(ended)
    expect(problem?.code).toBe('APP_EXITED')
    expect(earned).toBe(0)
    const graded = rows.filter(({ kind }) => kind !== 'performance')
    expect(possible).toBe(graded.reduce((sum, { points }) => sum + points, 0))
    expect(rows.length).toBeGreaterThan(graded.length)
  })
})
