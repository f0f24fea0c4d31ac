import type { CliContext, ExitCode } from '../context.js'
import { openHome } from '../engine/home.js'
import { openProgress } from '../engine/progress.js'
import { getWorkspace } from '../engine/workspace.js'
import { setAsideNotice } from '../engine/workspace-grading.js'

interface HintOptions {
  readonly all?: boolean
  readonly json?: boolean
}

export async function run(
  { all, json }: HintOptions,
  { cwd, env, out, note, colors }: CliContext,
): Promise<ExitCode> {
  const { project } = await getWorkspace(cwd)
  const progress = await openProgress(await openHome(env))
  try {
    if (progress.setAside !== undefined) note(`${setAsideNotice(progress.setAside)}\n`)
    const failure = await progress.findFailure(project.id)
    if (!failure) {
      out(json ? 'null\n' : 'No check has failed. `bep check` looks for the next one.\n')
      return 0
    }
    const shown = all ? failure.hints.length : Math.min(failure.shownHints + 1, failure.hints.length)
    await progress.showHints(project.id, shown)
    if (json) {
      out(
        `${JSON.stringify({ row: failure.row, check: failure.check, hints: failure.hints.slice(0, shown), of: failure.hints.length }, null, 2)}\n`,
      )
      return 0
    }
    out(`${colors.bold(failure.row)}: ${failure.check}\n`)
    for (const [n, hint] of failure.hints.slice(0, shown).entries()) {
      out(`  ${colors.yellow(`${n + 1} of ${failure.hints.length}`)}  ${hint}\n`)
    }
    if (failure.shownHints >= failure.hints.length) {
      out(
        `These are all hints. The sentence of BRIEF.md under \`${failure.row}\` is the measure; \`bep start ${project.id} --reference\` shows a right answer.\n`,
      )
    }
    return 0
  } finally {
    await progress.close()
  }
}
