import { gradeApp } from './grade.js'
import { newSeed, startGrader } from './grader.js'
import type { IsolationTier } from './isolation/launcher.js'
import { gradingLimitMs } from './isolation/limits.js'
import { type IsolationSetting, openLauncher } from './isolation/open-launcher.js'
import { stageSubmission } from './isolation/submission.js'
import type { Results } from './results.js'
import { withSession } from './session.js'
import { getWorkspace } from './workspace.js'
import { sweptNotice, type WorkspaceGradingOptions } from './workspace-grading.js'

/** How a submission is kept from the machine. */
export interface IsolationOptions {
  readonly isolation: IsolationSetting
  /** The weakest tier that will do. */
  readonly required?: IsolationTier | undefined
  /** Let its packages run their install scripts. */
  readonly allowScripts: boolean
}

/**
 * Grades a copy of the workspace that `cwd` is in under a launcher: what somebody else wrote. Speed is not measured
 * there, nothing of it goes into the progress of this user, and the folder itself is only read.
 * @throws BepError ISOLATION_UNAVAILABLE, and those of `stageSubmission`.
 */
export async function gradeSubmission(
  options: Omit<WorkspaceGradingOptions, 'rows' | 'bail' | 'performance'> & IsolationOptions,
): Promise<Results> {
  const { cwd, env, interactive, provider, signal, seed, onStep, onNotice, onCheck } = options
  const { dir, project } = await getWorkspace(cwd)
  return withSession(env, async ({ home, run, swept }) => {
    if (swept.length > 0) onNotice(sweptNotice(swept.length))
    const { isolation, required, allowScripts } = options
    const launcher = await openLauncher({ isolation, required, run, env, onNotice })
    onStep('starting services')
    const grader = await startGrader(project, { home, run, provider, env, interactive, onNotice })
    try {
      const common = { run, launcher, inherited: env, signal }
      const { subject, leftOut, remove } = await stageSubmission(dir, { ...common, allowScripts, onStep })
      try {
        for (const { file, why } of leftOut) onNotice(`left out of the submission: ${file} (${why})`)
        onStep('starting the server')
        return await gradeApp(subject, {
          ...grader,
          ...common,
          seed: seed ?? newSeed(),
          performance: 'listed',
          limitMs: gradingLimitMs,
          onStep,
          onCheck,
        })
      } finally {
        await remove()
      }
    } finally {
      await grader.stop()
    }
  })
}
