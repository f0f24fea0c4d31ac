import type { Row } from '../../graders/kit/rubric.js'
import type { Project } from '../../projects/catalog.js'
import type { ProgressStore, RowProgress } from './progress.js'
import { graderVersion, loadRubric } from './project-files.js'

/** How a learner stands on one row. */
export interface RowStanding {
  readonly row: Row
  readonly state: 'earned' | 'failing' | 'open'
  /** The grader's checks changed since: the points stay, and `bep check` confirms them. */
  readonly verifyAgain: boolean
  readonly progress: RowProgress | undefined
}

export interface Standing {
  readonly project: Project
  readonly earned: number
  readonly rows: readonly RowStanding[]
}

export async function standingOf(project: Project, progress: ProgressStore): Promise<Standing> {
  const rubric = await loadRubric(project)
  const kept = new Map((await progress.rowsOf(project.id)).map(row => [row.row, row]))
  const rows: RowStanding[] = []
  for (const row of rubric.rows) {
    const known = kept.get(row.id)
    rows.push({
      row,
      state: known === undefined ? 'open' : known.verdict === 'pass' ? 'earned' : 'failing',
      verifyAgain: known !== undefined && known.graderVersion !== (await graderVersion(project, row)),
      progress: known,
    })
  }
  const earned = rows.filter(({ state }) => state === 'earned').reduce((sum, { row }) => sum + row.points, 0)
  return { project, earned, rows }
}
