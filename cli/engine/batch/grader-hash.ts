import { createHash } from 'node:crypto'
import type { Project } from '../../../projects/catalog.js'
import type { IsolationTier } from '../isolation/launcher.js'
import { gradingLimitMs, usualLimits } from '../isolation/limits.js'
import { graderVersion, loadRubric, packageVersion } from '../project-files.js'

/** What a verdict depends on besides the submission. */
interface GraderSettings {
  readonly tier: IsolationTier
  readonly allowScripts: boolean
}

/**
 * Names bep, the checks and the settings that a verdict depends on: with the same hash, the same submission need not
 * be graded again. Without a project it names what turns submissions away before any is known.
 */
export async function graderHash(
  project: Project | undefined,
  { tier, allowScripts }: GraderSettings,
): Promise<string> {
  const rows = project ? (await loadRubric(project)).rows : []
  const parts = {
    bep: await packageVersion(),
    project: project?.id,
    rows: await Promise.all(
      rows.map(async row => [row, project && (await graderVersion(project, row))] as const),
    ),
    settings: { tier, allowScripts, limits: usualLimits, gradingLimitMs },
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}
