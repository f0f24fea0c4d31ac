import type { CliContext } from '../context.js'
import type { Results } from '../engine/results.js'
import { gradeWorkspace, type WorkspaceGradingOptions } from '../engine/workspace-grading.js'
import { openStatusLine } from '../ui/status-line.js'

type Surroundings = Pick<
  WorkspaceGradingOptions,
  'cwd' | 'env' | 'interactive' | 'signal' | 'onStep' | 'onNotice' | 'onCheck'
>

/** Grades the workspace that the user is in; a status line says how far it is. */
export const gradeHere = (
  asked: Pick<WorkspaceGradingOptions, 'provider' | 'rows' | 'bail' | 'seed' | 'performance'>,
  context: CliContext,
): Promise<Results> => withStatusLine(context, surroundings => gradeWorkspace({ ...asked, ...surroundings }))

/** Does the work while a status line says how far it is. */
export async function withStatusLine(
  context: CliContext,
  work: (surroundings: Surroundings) => Promise<Results>,
): Promise<Results> {
  const { cwd, env, interactive, signal, note, colors } = context
  const status = openStatusLine(context)
  try {
    return await work({
      cwd,
      env,
      interactive,
      signal,
      onStep: text => status.set(text),
      onNotice: line => {
        status.clear()
        note(`${colors.dim(line)}\n`)
      },
      onCheck: (row, check) => status.set(`${row.id}: ${check.title}`),
    })
  } finally {
    status.clear()
  }
}
