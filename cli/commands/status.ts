import { existsSync } from 'node:fs'
import { catalog } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { getProject } from '../engine/find-project.js'
import { homeDir, openHome } from '../engine/home.js'
import { openProgress, progressFile } from '../engine/progress.js'
import { findRunningServer } from '../engine/running-server.js'
import { standingOf } from '../engine/standing.js'
import { findWorkspaceDir, readWorkspace } from '../engine/workspace.js'
import { setAsideNotice } from '../engine/workspace-grading.js'
import { standingReport } from '../ui/standing-report.js'

/** Bare `bep`: where you stand, and the next step. */
export async function run(_options: object, { cwd, env, out, note, colors }: CliContext): Promise<ExitCode> {
  const dir = await findWorkspaceDir(cwd)
  const workspace = dir === undefined ? undefined : await readWorkspace(dir)
  if (!workspace && !existsSync(progressFile(homeDir(env)))) {
    out(
      `bep: real backend projects with real databases, graded on your machine.\n\nBegin:  bep start ${catalog[0].id}\nMore:   bep list · bep --help\n`,
    )
    return 0
  }
  const progress = await openProgress(await openHome(env))
  try {
    if (progress.setAside !== undefined) note(`${setAsideNotice(progress.setAside)}\n`)
    if (!workspace) {
      for (const { project } of await progress.projects()) {
        const { earned, project: known } = await standingOf(getProject(project), progress)
        out(`${known.id} · ${known.title}  ${colors.bold(`${earned}/100`)}\n`)
      }
      out('\nNext: change into a workspace and run `bep check`, or `bep list` for all projects.\n')
      return 0
    }
    const standing = await standingOf(workspace.project, progress)
    out(`${standingReport(standing, colors)}\n\n`)
    const running = await findRunningServer(workspace)
    out(
      running
        ? `Your server runs at ${running.url} (bep start, process ${running.pid}).\n`
        : 'Your server is not running: `bep start`.\n',
    )
    const next = standing.rows.find(({ state }) => state !== 'earned')
    out(
      next
        ? `Next: \`${next.row.id}\`, ${next.row.title}. Read it in BRIEF.md, then \`bep check\` or \`bep watch\`.\n`
        : 'Everything earned. `bep grade` writes the results down; `bep list` shows what is next.\n',
    )
    return 0
  } finally {
    await progress.close()
  }
}
