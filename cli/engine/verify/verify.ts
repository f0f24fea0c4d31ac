import { availableParallelism } from 'node:os'
import path from 'node:path'
import { distance } from 'fastest-levenshtein'
import pLimit from 'p-limit'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import type { Project } from '../../../projects/catalog.js'
import { settingsFrom } from '../grader.js'
import { type GradingLanes, openLanes, type SharedLanes } from '../lanes.js'
import { hasBench, loadExcuses, loadMutants, packageRoot, packageVersion } from '../project-files.js'
import { withSession } from '../session.js'
import { type ServicesSetting, startServices } from '../stack.js'
import { type GeneratedChoice, tryGenerated } from './generated/try-generated.js'
import { type GradedCase, judgeAll } from './graded.js'
import { proveNoiseBand } from './noise-band.js'
import { plantingImpossible, proofs } from './proofs.js'
import { repeatGrades } from './repeat.js'
import type {
  BenchProofId,
  ProofId,
  RatedCases,
  StepId,
  VerifiedCase,
  VerifiedProject,
  VerifiedStep,
  VerifyProgress,
  VerifyReport,
} from './report.js'
import { openShard, type Shard } from './shard.js'
import { proveSlowVariants } from './slow-variants.js'

interface VerifyOptions extends VerifyProgress {
  readonly env: NodeJS.ProcessEnv
  readonly provider: ServicesSetting
  readonly seed: number
  /** Leave the planted bugs out. */
  readonly quick: boolean
  /** Plant these bugs of the one project, and prove nothing else. */
  readonly bugs?: readonly string[] | undefined
  /** Try mutants made by rule, and prove nothing else. */
  readonly generated?: GeneratedChoice | undefined
  /** Do this part of the work only: `index` from 1 to `count`. */
  readonly shard?: Pick<Shard, 'index' | 'count'> | undefined
  /** Grade every app so many times more, and compare the verdicts. */
  readonly repeat?: number | undefined
  /** Measure the references against themselves and against their slow variants. */
  readonly bench: boolean
  readonly signal: AbortSignal
  readonly onNotice?: (line: string) => void
}

const benchProofs = { 'noise-band': proveNoiseBand, 'slow-variants': proveSlowVariants }

// A lane holds a Vitest of its own: memory, not cores, is what bounds them on a large machine. Checks of faults wait
// much: one lane more than there are cores keeps these busy.
const mostLanes = 8

/**
 * Proves the graders of these projects side by side, each on services of its own.
 * @throws BepError when a service or bep itself failed: then nothing is said about the graders.
 */
export async function verifyProjects(
  projects: readonly Project[],
  options: VerifyOptions,
): Promise<VerifyReport> {
  const began = performance.now()
  const { bugs, generated, seed, env, repeat } = options
  if (bugs) await assertPlantable(bugs, projects)
  if (generated) assertCheckout('--generated')
  if (generated?.places) getOnly(projects, '--in', 'bep verify project-1 --in tasks.ts')
  const shard = openShard(projects, options.shard?.index, options.shard?.count)
  const mine = options.quick ? projects.filter(project => shard.owns(project)) : projects
  return withSession(env, async ({ home, run }) => {
    // The first project that cannot be verified ends the others.
    const failed = new AbortController()
    const signal = AbortSignal.any([options.signal, failed.signal])
    const count = Math.min(availableParallelism() + 1, mostLanes)
    const lanes = openLanes({ count, run, inherited: env, seed, signal })
    const context: VerifyContext = { ...options, home, run, shared: lanes, shard, signal, origins: {} }
    try {
      const limit = pLimit(count)
      const verified = await allOrFirstFailure(
        mine.map(project => limit(() => verifyProject(project, context))),
        failed,
      )
      const done: VerifiedProject[] = []
      for (const { project, steps, graded } of verified) {
        // One after the other: the load of one would disturb the idle runs of another.
        if (repeat !== undefined) steps.push(await repeatProject(project, graded, repeat, context))
        if (options.bench) steps.push(...(await benchProject(project, context)))
        const passed = steps.every(({ verdict }) => verdict !== 'fail')
        done.push({ project: project.id, passed, steps })
      }
      return {
        version: 1,
        bep: await packageVersion(),
        seed,
        ...(bugs && { bugs }),
        ...(generated && { generated: true }),
        ...(options.shard && { shard: `${shard.index}/${shard.count}` }),
        services: context.origins,
        passed: done.every(({ passed }) => passed),
        durationMs: Math.round(performance.now() - began),
        projects: done,
      }
    } finally {
      await lanes.stop()
    }
  })
}

interface VerifyContext extends Omit<VerifyOptions, 'shard'> {
  readonly home: string
  readonly run: Run
  readonly shared: SharedLanes
  readonly shard: Shard
  /** Where each service came from, as far as it is known. */
  readonly origins: Record<string, string>
}

/** What is known about a project after its proofs. */
interface Proved {
  readonly project: Project
  readonly steps: VerifiedStep[]
  /** The apps that were graded. */
  readonly graded: readonly GradedCase[]
}

async function verifyProject(project: Project, context: VerifyContext): Promise<Proved> {
  const { run, shard, bugs, generated, signal } = context
  const dir = path.join(run.dir, `verify-${project.slug}`)
  const graded: GradedCase[] = []
  const steps = await withLanes(project, context, async lanes => {
    const done: VerifiedStep[] = []
    for (const id of Object.keys(proofs) as ProofId[]) {
      signal.throwIfAborted()
      const skipped = generated
        ? '--generated tries mutants made by rule only'
        : id === 'mutants'
          ? undefined
          : bugs
            ? '--bugs plants bugs only'
            : shard.owns(project)
              ? undefined
              : 'another shard proves it'
      const step = await timed(project, id, context, async () => {
        if (skipped !== undefined) return { notRun: skipped }
        const cases = await proofs[id](project, { ...context, dir, grade: lanes.grade })
        if ('notRun' in cases) return cases
        context.onStart?.(project, id, cases.length)
        graded.push(...cases.filter(one => 'judge' in one))
        return judgeAll(cases, lanes, ({ name }) => context.onCase?.(project, id, name))
      })
      done.push(step)
    }
    done.push(
      await timed(project, 'generated', context, async () =>
        generated
          ? tryGenerated(project, generated, {
              ...context,
              excuses: await loadExcuses(project),
              dir: path.join(dir, 'generated'),
              lanes,
              onCount: count => context.onStart?.(project, 'generated', count),
              onCase: ({ name }) => context.onCase?.(project, 'generated', name),
            })
          : { notRun: 'it takes --generated' },
      ),
    )
    return done
  })
  return { project, steps, graded }
}

async function repeatProject(
  project: Project,
  graded: readonly GradedCase[],
  times: number,
  context: VerifyContext,
): Promise<VerifiedStep> {
  return withLanes(project, context, lanes =>
    timed(project, 'repeat', context, async () => {
      context.onStart?.(project, 'repeat', graded.length * times)
      const onCase = ({ name }: { readonly name: string }) => context.onCase?.(project, 'repeat', name)
      return repeatGrades(graded, { times, run: context.run, lanes, onCase })
    }),
  )
}

async function benchProject(project: Project, context: VerifyContext): Promise<readonly VerifiedStep[]> {
  const steps: VerifiedStep[] = []
  for (const id of Object.keys(benchProofs) as BenchProofId[]) {
    const prove = async () => {
      if (!context.shard.owns(project)) return { notRun: 'another shard proves it' }
      if (!hasBench(project)) return { notRun: `there is no graders/${project.slug}/bench.ts` }
      return benchProofs[id](project, context)
    }
    steps.push(await timed(project, id, context, prove))
  }
  return steps
}

/** Runs the work with lanes on services that are the project's own; stops these afterwards. */
async function withLanes<T>(
  project: Project,
  context: VerifyContext,
  work: (lanes: GradingLanes) => Promise<T>,
): Promise<T> {
  const { env, shared, origins } = context
  const services = await startServices(project, { ...context, ...settingsFrom(env) })
  Object.assign(origins, services.origins)
  const lanes = shared.on(services)
  try {
    const done = await work(lanes)
    if (services.failure !== undefined) {
      throw new BepError('SERVICE_GONE', services.failure, {
        fix: 'Run the command again; `bep doctor` looks for the cause.',
      })
    }
    return done
  } finally {
    await lanes.settle()
    await services.stop()
  }
}

async function timed(
  project: Project,
  id: StepId,
  { onStart, onStep, signal }: VerifyContext,
  prove: () => Promise<readonly VerifiedCase[] | RatedCases | { readonly notRun: string }>,
): Promise<VerifiedStep> {
  const began = performance.now()
  onStart?.(project, id, 0)
  const outcome = await prove()
  signal.throwIfAborted()
  const durationMs = Math.round(performance.now() - began)
  const step: VerifiedStep =
    'notRun' in outcome
      ? { id, verdict: 'notRun', reason: outcome.notRun, durationMs, cases: [] }
      : 'passed' in outcome
        ? { id, verdict: verdictOf(outcome.passed), durationMs, ...outcome.tried }
        : { id, verdict: verdictOf(outcome.every(({ passed }) => passed)), durationMs, cases: outcome }
  onStep?.(project, step)
  return step
}

const verdictOf = (passed: boolean) => (passed ? 'pass' : 'fail')

/** Waits for all of them even if one fails, which ends the others; then throws what the first one threw. */
async function allOrFirstFailure<T>(work: readonly Promise<T>[], failed: AbortController): Promise<T[]> {
  let reason: unknown
  const settled = await Promise.allSettled(
    work.map(async each => {
      try {
        return await each
      } catch (thrown) {
        reason ??= thrown
        failed.abort(thrown)
        throw thrown
      }
    }),
  )
  if (settled.some(({ status }) => status === 'rejected')) throw reason
  return settled.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
}

/** Before any service starts: a bug that is not planted proves nothing. */
async function assertPlantable(bugs: readonly string[], projects: readonly Project[]): Promise<void> {
  const project = getOnly(projects, '--bugs', 'bep verify project-1 --bugs tie-less-cursor')
  assertCheckout('--bugs')
  const known = (await loadMutants(project)).map(({ id }) => id)
  for (const bug of bugs) {
    if (known.includes(bug)) continue
    const [nearest] = [...known].sort((a, b) => distance(bug, a) - distance(bug, b))
    throw new BepError('UNKNOWN_BUG', `${project.id} has no planted bug "${bug}"`, {
      fix: `Did you mean \`${nearest}\`? All are in graders/${project.slug}/mutants.ts.`,
    })
  }
}

function assertCheckout(option: string): void {
  if (plantingImpossible === undefined) return
  throw new BepError('NO_CHECKOUT', `${packageRoot} is no checkout of bep: ${plantingImpossible}`, {
    fix: `Leave \`${option}\` out.`,
  })
}

function getOnly(projects: readonly Project[], option: string, example: string): Project {
  const [project, other] = projects
  if (project && !other) return project
  throw new BepError('USAGE', `${option} takes one project, not ${projects.length}`, {
    fix: `Name one, as in \`${example}\`.`,
  })
}
