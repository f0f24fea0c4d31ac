import type { Project } from '../../../projects/catalog.js'
import { settingsFrom } from '../grader.js'
import { withSession } from '../session.js'
import { type ServicesSetting, startServices } from '../stack.js'
import { subjectOf } from '../verify/subjects.js'
import type { Workspace } from '../workspace.js'
import { prepare } from '../workspace-grading.js'
import { benchApp } from './bench.js'
import type { BenchReport } from './report.js'

interface BenchRunOptions {
  readonly env: NodeJS.ProcessEnv
  /** Somebody is at the terminal. */
  readonly interactive: boolean
  readonly provider: ServicesSetting
  readonly seed: number
  readonly signal: AbortSignal
  readonly onStep: (text: string) => void
  readonly onNotice: (line: string) => void
}

/** Runs a project's benchmark on services of its own: of a workspace, or of the reference against itself. */
export async function runBench(
  project: Project,
  workspace: Workspace | undefined,
  { env, interactive, provider, seed, signal, onStep, onNotice }: BenchRunOptions,
): Promise<BenchReport> {
  return withSession(env, async ({ home, run }) => {
    onStep('starting services')
    const services = await startServices(project, {
      home,
      run,
      provider,
      onNotice,
      ...settingsFrom(env, interactive),
    })
    try {
      if (workspace) await prepare(workspace, { env, run, signal, onStep })
      const subject = workspace && subjectOf(workspace)
      return await benchApp(project, subject, { services, run, inherited: env, seed, signal, onStep })
    } finally {
      await services.stop()
    }
  })
}
