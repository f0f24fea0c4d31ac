import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import type { Project } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { baselineOf, readBaseline, regressions } from '../engine/bench/baseline.js'
import { runBench } from '../engine/bench/bench-run.js'
import { getProject } from '../engine/find-project.js'
import { newSeed } from '../engine/grader.js'
import { hasBench } from '../engine/project-files.js'
import type { ServicesSetting } from '../engine/stack.js'
import { findWorkspaceDir, getWorkspace, readWorkspace, type Workspace } from '../engine/workspace.js'
import { benchPage } from '../ui/bench-page.js'
import { benchReport, regressionReport } from '../ui/bench-report.js'
import { openStatusLine } from '../ui/status-line.js'
import { assertWritable, writeReport } from './report-file.js'

export interface BenchOptions {
  readonly project?: string | undefined
  readonly html?: string
  readonly ci?: string
  readonly saveBaseline?: string
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: BenchOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, env, interactive, signal, out, note, colors } = context
  const { project, workspace } = await chooseSubject(options.project, cwd)
  if (!hasBench(project)) {
    throw new BepError('NO_BENCHMARK', `${project.id} has no benchmark yet`, {
      fix: '`bep list` shows all projects; project-1 has one.',
    })
  }
  const fileOf = (name: string | undefined) => (name === undefined ? undefined : path.resolve(cwd, name))
  const [html, saved, ci] = [options.html, options.saveBaseline, options.ci].map(fileOf)
  const baseline = ci === undefined ? undefined : await readBaseline(ci, project.id)
  for (const file of [html, saved]) if (file !== undefined) await assertWritable(file)

  const status = openStatusLine(context)
  const report = await runBench(project, workspace, {
    env,
    interactive,
    provider: options.services,
    seed: options.seed ?? newSeed(),
    signal,
    onStep: text => status.set(text),
    onNotice: line => {
      status.clear()
      note(`${colors.dim(line)}\n`)
    },
  }).finally(() => status.clear())

  const slower = baseline && regressions(baseline, report)
  out(
    options.json
      ? `${JSON.stringify(slower ? { ...report, regressions: slower } : report, null, 2)}\n`
      : `${benchReport(report, project, colors)}\n${slower ? regressionReport(slower, colors) : ''}`,
  )
  if (html !== undefined) await writeReport(html, benchPage(report, project))
  if (saved !== undefined) await writeReport(saved, `${JSON.stringify(baselineOf(report), null, 2)}\n`)
  if (report.verdict === 'error' || report.problem?.code.startsWith('APP_')) return 2
  if (slower) return slower.length > 0 ? 1 : 0
  return report.verdict === 'pass' ? 0 : 1
}

/**
 * The workspace here, unless another project is named: then its reference is measured against itself, which
 * tells how quiet the machine is.
 */
async function chooseSubject(
  name: string | undefined,
  cwd: string,
): Promise<{ readonly project: Project; readonly workspace: Workspace | undefined }> {
  if (name === undefined) {
    const workspace = await getWorkspace(cwd)
    return { project: workspace.project, workspace }
  }
  const project = getProject(name)
  const dir = await findWorkspaceDir(cwd)
  const here = dir === undefined ? undefined : await readWorkspace(dir)
  return { project, workspace: here?.project.id === project.id ? here : undefined }
}
