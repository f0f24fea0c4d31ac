import pLimit from 'p-limit'
import { expect, test } from 'vitest'
import { gradeApp } from '../../../../cli/engine/grade.js'
import { startGrader } from '../../../../cli/engine/grader.js'
import { withSession } from '../../../../cli/engine/session.js'
import { proveReachedLines } from '../../../../cli/engine/verify/reached-lines.js'
import { catalog } from '../../../../projects/catalog.js'
import { temporaryHome } from '../../../fixtures/temporary-home.js'

test('where checks reach too little of a reference, that fails, and the lines are listed by file', async () => {
  const [project] = catalog
  const env = { PATH: process.env.PATH, BEP_HOME: await temporaryHome() }
  await withSession(env, async ({ home, run }) => {
    // The runner serves one run at a time.
    const limit = pLimit(1)
    const grader = await startGrader(project, { home, run, provider: 'local', env })
    try {
      const proved = await proveReachedLines(project, {
        dir: run.dir,
        grade: subject =>
          limit(() => gradeApp(subject, { ...grader, run, inherited: env, seed: 7, rows: ['users'] })),
      })
      expect(proved).toEqual([
        {
          name: 'reference',
          passed: false,
          outcome: expect.stringMatching(/^\d\d\.\d % of \d+ lines$/),
          problem: 'at least 90 % must be reached',
          unreached: expect.arrayContaining([expect.stringMatching(/^tasks\.ts: (\d+(-\d+)?(, )?)+$/)]),
        },
      ])
      // What both data layers did has come together, and nothing but the reference counts.
      const [{ unreached = [] } = {}] = Array.isArray(proved) ? proved : []
      expect(unreached.join('\n')).not.toMatch(/user-store|shared\//)
      expect(unreached.join('\n')).toMatch(/^drizzle\/task-store\.ts: [\s\S]*^kysely\/task-store\.ts: /m)
    } finally {
      await grader.stop()
    }
  })
})
