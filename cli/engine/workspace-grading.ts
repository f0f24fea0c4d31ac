import { distance } from 'fastest-levenshtein'
import { BepError } from '../../fixtures/bep-error.js'
import type { Run } from '../../fixtures/run.js'
import type { Row } from '../../graders/kit/rubric.js'
import type { Project } from '../../projects/catalog.js'
import { gradeApp, type PerformanceRows } from './grade.js'
import { newSeed, type StartedGrader, startGrader } from './grader.js'
import { build, install, needsInstall } from './install.js'
import { openProgress } from './progress.js'
import { loadRubric } from './project-files.js'
import type { CheckResult, Results } from './results.js'
import { findRunningServer } from './running-server.js'
import { withSession } from './session.js'
import type { ServicesSetting } from './stack.js'
import { subjectOf } from './verify/subjects.js'
import { getWorkspace, type Workspace } from './workspace.js'

export interface WorkspaceGradingOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Somebody is at the terminal. */
  readonly interactive: boolean
  readonly provider: ServicesSetting
  readonly signal: AbortSignal
  /** Ids of rows; empty for all. */
  readonly rows: readonly string[]
  readonly bail: boolean
  readonly seed?: number | undefined
  readonly performance: PerformanceRows
  readonly onStep: (text: string) => void
  readonly onNotice: (line: string) => void
  readonly onCheck: (row: Row, check: CheckResult) => void
}

/** Grades the workspace that `cwd` is in, and records the progress. */
export async function gradeWorkspace(options: WorkspaceGradingOptions): Promise<Results> {
  const { cwd, env, interactive, provider, signal, onStep, onNotice } = options
  const workspace = await getWorkspace(cwd)
  const rows = await chooseRows(workspace.project, options.rows ?? [])
  return withSession(env, async ({ home, run, swept }) => {
    if (swept.length > 0) onNotice(sweptNotice(swept.length))
    onStep('starting services')
    const common = { home, run, provider, env, interactive, onNotice }
    const grader = await startGrader(workspace.project, { ...common, sideBySide: true })
    try {
      await prepare(workspace, { env, run, signal, onStep })
      onStep('starting your server')
      const results = await gradeOn(grader, workspace, { ...options, run, ...(rows && { rows }) })
      await recordProgress(home, results, onNotice)
      return results
    } finally {
      await grader.stop()
    }
  })
}

/** Grades a workspace on services that run already. */
export async function gradeOn(
  grader: StartedGrader,
  workspace: Workspace,
  options: Pick<
    WorkspaceGradingOptions,
    'env' | 'signal' | 'rows' | 'bail' | 'seed' | 'performance' | 'onStep' | 'onCheck'
  > & {
    readonly run: Run
  },
): Promise<Results> {
  const running = await findRunningServer(workspace)
  return gradeApp(subjectOf(workspace), {
    ...grader,
    run: options.run,
    inherited: options.env,
    signal: options.signal,
    bail: options.bail,
    seed: options.seed ?? newSeed(),
    performance: options.performance,
    onStep: options.onStep,
    onCheck: options.onCheck,
    rows: options.rows,
    ...(running && { displayUrl: running.url }),
  })
}

/** Writes results into the learner's progress; a store that had to be put aside is said. */
export async function recordProgress(
  home: string,
  results: Results,
  onNotice: (line: string) => void,
): Promise<void> {
  const progress = await openProgress(home)
  try {
    if (progress.setAside !== undefined) onNotice(setAsideNotice(progress.setAside))
    await progress.record(results)
  } finally {
    await progress.close()
  }
}

export const setAsideNotice = (file: string) =>
  `your progress file could not be read and was kept as ${file}; progress begins anew`

export const sweptNotice = (runs: number) =>
  `removed what ${runs === 1 ? 'a command that was' : `${runs} commands that were`} killed had left`

/** Installs dependencies when that is due, and builds. */
export async function prepare(
  workspace: Workspace,
  {
    env,
    run,
    signal,
    onStep,
  }: Pick<WorkspaceGradingOptions, 'env' | 'signal' | 'onStep'> & {
    readonly run: Run
  },
): Promise<void> {
  if (await needsInstall(workspace)) {
    onStep(`installing: ${workspace.install}`)
    await install(workspace, { env, run, signal })
  }
  if (workspace.build !== undefined) {
    onStep(`building: ${workspace.build}`)
    await build(workspace, { env, run, signal })
  }
}

/** The rows to grade: those that were named, or all. */
async function chooseRows(project: Project, wanted: readonly string[]): Promise<readonly string[]> {
  const rubric = await loadRubric(project)
  const ids: readonly string[] = rubric.rows.map(row => row.id)
  if (wanted.length === 0) return ids
  for (const row of wanted) {
    if (ids.includes(row)) continue
    const nearest =
      ids.find(id => id.includes(row)) ?? [...ids].sort((a, b) => distance(row, a) - distance(row, b))[0]
    throw new BepError('UNKNOWN_ROW', `${project.id} has no row "${row}"`, {
      fix: `Did you mean \`${nearest}\`? Its rows: ${ids.join(', ')}.`,
    })
  }
  return ids.filter(id => wanted.includes(id))
}
