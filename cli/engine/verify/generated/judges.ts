import path from 'node:path'
import type { Row } from '../../../../graders/kit/rubric.js'
import type { Project } from '../../../../projects/catalog.js'
import type { GradingLanes } from '../../lanes.js'
import { loadRubric, referenceMain } from '../../project-files.js'
import { failedChecks, problemOf } from '../graded.js'
import type { VerifiedCase } from '../report.js'
import { referenceSubjects } from '../subjects.js'
import type { KeptCoverage, RowCoverage } from './kept-coverage.js'
import { type Reach, reachOf, readCoverage } from './reach.js'

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
  readonly kept: KeptCoverage
}

/**
 * Grades the unchanged reference row by row and sees what each makes run, unless that is known. A row that the
 * reference fails would take every mutant for caught: it comes back as a failed case. One that cannot run here
 * judges nothing.
 */
export async function findJudges(
  project: Project,
  { dir, lanes, kept }: JudgesOptions,
): Promise<{ readonly judges: readonly Judge[]; readonly failed: readonly VerifiedCase[] }> {
  // How fast a mutant is tells nothing: performance is measured against the reference itself.
  const rows = (await loadRubric(project)).rows.filter(({ kind }) => kind !== 'performance')
  const judges: Judge[] = []
  const failed: VerifiedCase[] = []
  await Promise.all(
    referenceSubjects(project).flatMap((reference, n) =>
      rows.map(async row => {
        const { settings = {} } = reference
        const found =
          (await kept.find(row, settings)) ??
          (await measure(row, reference, { lanes, coverageDir: path.join(dir, `${n}-${row.id}`) }))
        if (!found) return
        if ('coverage' in found) {
          await kept.keep(row, settings, found)
          const { coverage, durationMs } = found
          judges.push({ row, settings, reach: reachOf(coverage), durationMs })
        } else failed.push(found)
      }),
    ),
  )
  // In the order of the rubric, whichever was done first.
  judges.sort((a, b) => rows.indexOf(a.row) - rows.indexOf(b.row))
  return { judges, failed }
}

async function measure(
  row: Row,
  { name, settings, ...subject }: ReturnType<typeof referenceSubjects>[number],
  { lanes, coverageDir }: { readonly lanes: GradingLanes; readonly coverageDir: string },
): Promise<RowCoverage | VerifiedCase | undefined> {
  const results = await lanes.grade(
    { ...subject, settings: { ...settings, NODE_V8_COVERAGE: coverageDir } },
    { rows: [row.id] },
  )
  const [graded] = results.rows
  if (!graded || graded.verdict === 'notRun') return undefined
  if (graded.verdict === 'pass') {
    return {
      coverage: await readCoverage(coverageDir, path.dirname(referenceMain(subject.project))),
      durationMs: graded.checks.reduce((sum, check) => sum + check.durationMs, 0),
    }
  }
  return {
    name: `${row.id} of the reference ${name}`.trim(),
    passed: false,
    outcome: 'failed',
    problem: problemOf(results) ?? 'the reference must pass every row before its mutants are tried',
    failed: failedChecks(results),
  }
}
