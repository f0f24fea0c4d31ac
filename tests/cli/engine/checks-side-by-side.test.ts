import { expect, test } from 'vitest'
import type { Subject } from '../../../cli/engine/checks-run.js'
import { gradeApp } from '../../../cli/engine/grade.js'
import { type StartedGrader, startGrader } from '../../../cli/engine/grader.js'
import type { Results } from '../../../cli/engine/results.js'
import { withSession } from '../../../cli/engine/session.js'
import { referenceSubject } from '../../../cli/engine/verify/subjects.js'
import { catalog } from '../../../projects/catalog.js'
import { temporaryHome } from '../../fixtures/temporary-home.js'

const [project] = catalog
const reference = referenceSubject(project)

async function withGrader(
  use: (grade: (subject: Subject, bail: boolean, alone?: boolean) => Promise<Results>) => Promise<void>,
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
      expect(grader.secondRunner, 'a machine for tests has two cores').toBeDefined()
      await use((subject, bail, alone = false) =>
        gradeApp(subject, {
          ...grader,
          ...(alone && { secondRunner: undefined }),
          ...{ run, inherited: env, seed: 7, bail, readyTimeoutMs: 10_000, performance: 'listed' },
        }),
      )
    } finally {
      await grader.stop()
    }
  })
}

const verdicts = ({ rows }: Results) =>
  rows.map(({ id, verdict, checks }) => `${id} ${verdict}: ${checks.map(check => check.title).join(', ')}`)

test('two rows at a time give what one at a time gives, in the same order', async () => {
  await withGrader(async grade => {
    const [alone, together] = [await grade(reference, false, true), await grade(reference, false)]
    expect(verdicts(together)).toEqual(verdicts(alone))
    expect(together.earned).toBe(together.possible)
  })
})

test('up to the first failure, every row before it is run, and it is the first that is told', async () => {
  // Answers nothing but its health: all rows of behaviour fail.
  const silent: Subject = {
    ...reference,
    command: `node -e "require('http').createServer((q, s) => { s.statusCode = q.url === '/health' ? 200 : 404; s.end() }).listen(process.env.PORT, '127.0.0.1')"`,
  }
  await withGrader(async grade => {
    const { rows, earned } = await grade(silent, true)
    const failed = rows.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id)
    expect(failed[0]).toBe(rows[0]?.id)
    expect(rows.some(({ verdict }) => verdict === 'notRun')).toBe(true)
    expect(earned).toBe(0)
  })
})

test('a server that does not start is told once, and loses all that would have been graded', async () => {
  await withGrader(async grade => {
    const { problem, rows, earned, possible } = await grade(
      { ...reference, command: 'node -e "process.exit(3)"' },
      false,
    )
    expect(problem?.code).toBe('APP_EXITED')
    expect(earned).toBe(0)
    const graded = rows.filter(({ kind }) => kind !== 'performance')
    expect(possible).toBe(graded.reduce((sum, { points }) => sum + points, 0))
    expect(rows.length).toBeGreaterThan(graded.length)
  })
})
