import path from 'node:path'
import type { Row } from '../../../../graders/kit/rubric.js'
import type { Project } from '../../../../projects/catalog.js'
import { loadRubric, referenceMain } from '../../project-files.js'
import { failedChecks, problemOf } from '../graded.js'
import type { GradingLanes } from '../lanes.js'
import type { VerifiedCase } from '../report.js'
import { referenceSubjects } from '../subjects.js'
import { type Reach, readReach } from './reach.js'

/** A row of the rubric, and what its checks make run of the reference with one variant's settings. */
export interface Judge {
  readonly row: Row
  readonly settings: Readonly<Record<string, string>>
  readonly reach: Reach
  /** How long its checks take when all pass. */
  readonly durationMs: number
}

interface JudgesOptions {
  /** A folder of the run's own. */
  readonly dir: string
  readonly lanes: GradingLanes
}

/**
 * Grades the unchanged reference row by row and sees what each makes run. A row that the reference fails would
 * take every mutant for caught: it comes back as a failed case. One that cannot run here judges nothing.
 */
export async function findJudges(
  project: Project,
  { dir, lanes }: JudgesOptions,
): Promise<{ readonly judges: readonly Judge[]; readonly failed: readonly VerifiedCase[] }> {
  const { rows } = await loadRubric(project)
  const judges: Judge[] = []
  const failed: VerifiedCase[] = []
  await Promise.all(
    referenceSubjects(project).flatMap((reference, n) =>
      rows.map(async row => {
        const { name, settings = {}, ...subject } = reference
        const coverageDir = path.join(dir, `${n}-${row.id}`)
        const results = await lanes.grade(
          { ...subject, settings: { ...settings, NODE_V8_COVERAGE: coverageDir } },
          { rows: [row.id] },
        )
        const [graded] = results.rows
        if (!graded || graded.verdict === 'notRun') return
        if (graded.verdict === 'pass') {
          const reach = await readReach(coverageDir, path.dirname(referenceMain(project)))
          const durationMs = graded.checks.reduce((sum, check) => sum + check.durationMs, 0)
          judges.push({ row, settings, reach, durationMs })
          return
        }
        failed.push({
          name: `${row.id} of the reference ${name}`.trim(),
          passed: false,
          outcome: 'failed',
          problem: problemOf(results) ?? 'the reference must pass every row before its mutants are tried',
          failed: failedChecks(results),
        })
      }),
    ),
  )
  // In the order of the rubric, whichever was done first.
  judges.sort((a, b) => rows.indexOf(a.row) - rows.indexOf(b.row))
  return { judges, failed }
}
