import { BepError } from '../../fixtures/bep-error.js'
import { catalog, type Project } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { getProject } from '../engine/find-project.js'
import { newSeed } from '../engine/grader.js'
import type { ServicesSetting } from '../engine/stack.js'
import { verifyProjects } from '../engine/verify/verify.js'
import { openStatusLine } from '../ui/status-line.js'
import { runningLine, stepReport, verdictLine } from '../ui/verify-report.js'

export interface VerifyOptions {
  readonly projects: readonly string[]
  readonly all?: boolean
  readonly quick?: boolean
  readonly bugs?: readonly string[]
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: VerifyOptions, context: CliContext): Promise<ExitCode> {
  const { env, signal, out, note, colors } = context
  const status = openStatusLine(context)
  const print = (text: string) => {
    status.clear()
    if (!options.json) out(text)
  }
  let cases = 0
  let done = 0
  const report = await verifyProjects(chosenProjects(options), {
    env,
    signal,
    provider: options.services,
    seed: options.seed ?? newSeed(),
    quick: options.quick === true,
    bugs: options.bugs,
    onProject: project => print(`${colors.bold(project.id)} · ${project.title}\n`),
    onNotice: line => {
      status.clear()
      note(`${colors.dim(line)}\n`)
    },
    onStart: (step, of) => {
      cases = of
      done = 0
      status.set(runningLine(step, done, cases))
    },
    onCase: (step, { name }) => {
      done += 1
      status.set(runningLine(step, done, cases, name))
    },
    onStep: step => print(`${stepReport(step, colors)}\n`),
  }).finally(() => status.clear())
  out(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${verdictLine(report, colors)}\n`)
  return report.passed ? 0 : 1
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
