import { catalog } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { openHome } from '../engine/home.js'
import { openProgress } from '../engine/progress.js'
import { type Standing, standingOf } from '../engine/standing.js'
import { setAsideNotice } from '../engine/workspace-grading.js'
import { standingReport } from '../ui/standing-report.js'

interface ProgressOptions {
  readonly json?: boolean
}

export async function run(
  { json }: ProgressOptions,
  { env, out, note, colors }: CliContext,
): Promise<ExitCode> {
  const progress = await openProgress(await openHome(env))
  try {
    if (progress.setAside !== undefined) note(`${setAsideNotice(progress.setAside)}\n`)
    const begun = new Set((await progress.projects()).map(({ project }) => project))
    const standings: Standing[] = []
    for (const project of catalog) {
      if (begun.has(project.id)) standings.push(await standingOf(project, progress))
    }
    if (json) {
      out(`${JSON.stringify(standings.map(asJson), null, 2)}\n`)
      return 0
    }
    if (standings.length === 0) out(`Nothing graded yet. Begin with \`bep start ${catalog[0].id}\`.\n`)
    for (const standing of standings) out(`${standingReport(standing, colors)}\n`)
    if (standings.some(({ rows }) => rows.some(row => row.verifyAgain))) {
      out('\n"verify again": the grader of that row has changed; `bep check --all` confirms your points.\n')
    }
    return 0
  } finally {
    await progress.close()
  }
}

const asJson = ({ project, earned, rows }: Standing) => ({
  project: project.id,
  earned,
  rows: rows.map(({ row, state, verifyAgain, progress }) => ({
    id: row.id,
    points: row.points,
    state,
    verifyAgain,
    firstPassedAt: progress?.firstPassedAt ?? null,
  })),
})
