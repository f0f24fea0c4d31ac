import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import { catalog, type Project } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { getProject } from '../engine/find-project.js'
import { newSeed } from '../engine/grader.js'
import type { ServicesSetting } from '../engine/stack.js'
import type { VerifyReport } from '../engine/verify/report.js'
import { verifyProjects } from '../engine/verify/verify.js'
import { verifyAnnotations, verifySummary } from '../ui/github.js'
import { openStatusLine } from '../ui/status-line.js'
import { verifyJunit } from '../ui/verify-junit.js'
import { runningLine, type StepUnderWay, stepReport, verdictLine } from '../ui/verify-report.js'
import { assertWritable, writeReport } from './report-file.js'

export interface VerifyOptions {
  readonly projects: readonly string[]
  readonly all?: boolean
  readonly quick?: boolean
  readonly bugs?: readonly string[]
  readonly generated?: boolean
  readonly sample?: number
  readonly in?: readonly string[]
  readonly shard?: { readonly index: number; readonly count: number }
  readonly repeat?: number
  readonly bench?: boolean
  readonly junit?: string
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: VerifyOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, env, signal, out, note, colors } = context
  const { bugs, shard, repeat, junit } = options
  const projects = chosenProjects(options)
  if (junit !== undefined) await assertWritable(path.resolve(cwd, junit))
  const status = openStatusLine(context)
  const underWay = new Map<Project, StepUnderWay>()
  const several = projects.length > 1
  const width = Math.max(...projects.map(({ id }) => id.length))
  const named = (project: Project) => (several ? project.id.padEnd(width) : '')
  const show = () =>
    status.set(...[...underWay].map(([project, step]) => `${named(project)}${runningLine(step)}`))
  const print = (text: string) => {
    status.clear()
    if (!options.json) out(text)
    show()
  }
  const report = await verifyProjects(projects, {
    env,
    signal,
    provider: options.services,
    seed: options.seed ?? newSeed(),
    quick: options.quick === true,
    bugs,
    generated: options.generated ? { sample: options.sample, places: options.in } : undefined,
    shard,
    repeat,
    bench: options.bench === true,
    onNotice: line => {
      status.clear()
      note(`${colors.dim(line)}\n`)
      show()
    },
    onStart: (project, step, of) => {
      if (!several && step === 'ledger' && of === 0) print(`${colors.bold(project.id)} · ${project.title}\n`)
      underWay.set(project, { step, done: 0, of })
      show()
    },
    onCase: (project, step, last) => {
      const { done = 0, of = 0 } = underWay.get(project) ?? {}
      underWay.set(project, { step, done: done + 1, of, last })
      show()
    },
    onStep: (project, step) => {
      underWay.delete(project)
      print(`${stepReport(step, colors, colors.bold(named(project)))}\n`)
    },
  }).finally(() => status.clear())
  if (junit !== undefined) await writeReport(path.resolve(cwd, junit), verifyJunit(report))
  if (env.GITHUB_ACTIONS === 'true') await tellGitHub(report, context)
  out(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${verdictLine(report, colors)}\n`)
  return report.passed ? 0 : 1
}

/** Annotations on the run, and its summary where there is one. */
async function tellGitHub(report: VerifyReport, { env, note }: CliContext): Promise<void> {
  note(verifyAnnotations(report, project => `graders/${getProject(project).slug}`))
  const { GITHUB_STEP_SUMMARY: file } = env
  if (file) await appendFile(file, verifySummary(report))
}

/** The projects that were named, each once; with `all`, every one that is no preview. */
function chosenProjects({ projects, all }: Pick<VerifyOptions, 'projects' | 'all'>): readonly Project[] {
  if (all) return catalog.filter(({ preview }) => !preview)
  if (projects.length === 0) {
    throw new BepError('USAGE', 'no project was named', {
      fix: 'Name one, as in `bep verify project-1`, or take `--all`.',
    })
  }
  return [...new Set(projects.map(name => getProject(name)))]
}
