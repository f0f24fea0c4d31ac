import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { distance } from 'fastest-levenshtein'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import type { Project } from '../../../projects/catalog.js'
import { settingsFrom } from '../grader.js'
import { loadMutants, packageRoot, packageVersion } from '../project-files.js'
import { withSession } from '../session.js'
import { type ServicesSetting, type StartedServices, startServices } from '../stack.js'
import { checkLedger } from './check-ledger.js'
import { failedChecks, mustEarn, problemOf } from './graded.js'
import { type GradingLanes, openLanes } from './lanes.js'
import { tryPlantedBugs } from './planted-bugs.js'
import type {
  StepId,
  VerifiedCase,
  VerifiedProject,
  VerifiedStep,
  VerifyProgress,
  VerifyReport,
} from './report.js'
import {
  hasSubjects,
  independentSubjects,
  nullSubjects,
  referenceSubjects,
  starterSubject,
} from './subjects.js'

interface VerifyOptions extends VerifyProgress {
  readonly env: NodeJS.ProcessEnv
  readonly provider: ServicesSetting
  readonly seed: number
  /** Leave the planted bugs out. */
  readonly quick: boolean
  /** Plant these bugs of the one project, and prove nothing else. */
  readonly bugs?: readonly string[] | undefined
  readonly signal: AbortSignal
  readonly onProject?: (project: Project) => void
  readonly onNotice?: (line: string) => void
}

const projectsDir = path.join(packageRoot, 'projects')
const cannotCompile = 'planted bugs are compiled, which needs a checkout of bep'

// A lane holds a Vitest of its own: memory, not cores, is what bounds them on a large machine.
const mostLanes = 8
/** A starter that earned more than this would leave too little to learn. */
const starterLimit = 50
/** Null apps that never answer must not take the checks' own five seconds each time. */
const nullRequestTimeoutMs = 300

/**
 * Proves the graders of these projects, one after the other, each on services of its own.
 * @throws BepError when a service or bep itself failed: then nothing is said about the graders.
 */
export async function verifyProjects(
  projects: readonly Project[],
  options: VerifyOptions,
): Promise<VerifyReport> {
  const began = performance.now()
  const { bugs } = options
  if (bugs) await assertPlantable(bugs, projects)
  return withSession(options.env, async ({ home, run }) => {
    const done: VerifiedProject[] = []
    let origins: Readonly<Record<string, string>> = {}
    for (const project of projects) {
      options.signal.throwIfAborted()
      options.onProject?.(project)
      const services = await startServices(project, {
        home,
        run,
        ...options,
        ...settingsFrom(options.env),
      })
      origins = { ...origins, ...services.origins }
      try {
        done.push(await verifyProject(project, { ...options, run, services }))
      } finally {
        await services.stop()
      }
    }
    return {
      version: 1,
      bep: await packageVersion(),
      seed: options.seed,
      ...(bugs && { bugs }),
      services: origins,
      passed: done.every(({ passed }) => passed),
      durationMs: Math.round(performance.now() - began),
      projects: done,
    }
  })
}

interface StepContext extends VerifyOptions {
  readonly run: Run
  readonly services: StartedServices
  readonly lanes: GradingLanes
  /** A folder of the run's own. */
  readonly dir: string
}

async function verifyProject(
  project: Project,
  options: Omit<StepContext, 'lanes' | 'dir'>,
): Promise<VerifiedProject> {
  const { run, services, env, seed, signal, onStart, onCase, onStep } = options
  const count = Math.min(availableParallelism(), mostLanes)
  const lanes = openLanes({ count, run, services, inherited: env, seed, signal })
  const context = { ...options, lanes, dir: path.join(run.dir, `verify-${project.slug}`) }
  const steps: VerifiedStep[] = []
  try {
    for (const [id, prove] of Object.entries(proofs) as [StepId, Proof][]) {
      signal.throwIfAborted()
      const began = performance.now()
      onStart?.(id, 0)
      const outcome: Outcome =
        options.bugs && id !== 'mutants'
          ? { notRun: '--bugs plants bugs only' }
          : await prove(project, context, done => onCase?.(id, done))
      signal.throwIfAborted()
      if (services.failure !== undefined) {
        throw new BepError('SERVICE_GONE', services.failure, {
          fix: 'Run the command again; `bep doctor` looks for the cause.',
        })
      }
      const durationMs = Math.round(performance.now() - began)
      const step: VerifiedStep =
        'notRun' in outcome
          ? { id, verdict: 'notRun', reason: outcome.notRun, durationMs, cases: [] }
          : {
              id,
              verdict: outcome.cases.every(({ passed }) => passed) ? 'pass' : 'fail',
              durationMs,
              cases: outcome.cases,
            }
      steps.push(step)
      onStep?.(step)
    }
  } finally {
    await lanes.stop()
  }
  return { project: project.id, passed: steps.every(({ verdict }) => verdict !== 'fail'), steps }
}

type Outcome = { readonly cases: readonly VerifiedCase[] } | { readonly notRun: string }
type Proof = (
  project: Project,
  context: StepContext,
  onCase: (done: VerifiedCase) => void,
) => Promise<Outcome>

const proofs: Readonly<Record<StepId, Proof>> = {
  ledger: async project => ({ cases: await checkLedger(project) }),

  reference: async (project, { lanes }, onCase) => ({
    cases: await Promise.all(
      referenceSubjects(project).map(async ({ name, ...subject }) =>
        reported(mustEarn(name, 100, await lanes.grade(subject)), onCase),
      ),
    ),
  }),

  starter: async (project, { lanes, dir, env, signal }) => {
    const subject = await starterSubject(project, path.join(dir, 'starter'), { env, signal })
    const results = await lanes.grade(subject)
    const errors = failedChecks(results).filter(({ row }) =>
      results.rows.some(({ id, verdict }) => id === row && verdict === 'error'),
    )
    const problem =
      problemOf(results) ??
      (errors.length > 0
        ? 'bep itself failed in a check'
        : results.earned >= starterLimit
          ? `it must earn less than ${starterLimit}, and earned ${results.earned}`
          : undefined)
    return {
      cases: [
        {
          name: 'starter',
          passed: problem === undefined,
          outcome: `${results.earned} of 100`,
          earned: results.earned,
          ...(problem !== undefined && { problem, failed: errors }),
        },
      ],
    }
  },

  'null-apps': async (project, { lanes, dir }, onCase) => {
    const subjects = await nullSubjects(project, path.join(dir, 'null-apps'))
    return {
      cases: await Promise.all(
        subjects.map(async ({ name, ...subject }) => {
          const results = await lanes.grade(subject, { requestTimeoutMs: nullRequestTimeoutMs })
          return reported(mustEarn(name, 0, results), onCase)
        }),
      ),
    }
  },

  subjects: async (project, { lanes }, onCase) => {
    if (!hasSubjects()) return { notRun: 'the package leaves the independent implementations out' }
    const subjects = await independentSubjects(project)
    if (subjects.length === 0) return { notRun: `there is no fixtures/subjects/${project.slug}-*` }
    return {
      cases: await Promise.all(
        subjects.map(async ({ name, ...subject }) =>
          reported(mustEarn(name, 100, await lanes.grade(subject)), onCase),
        ),
      ),
    }
  },

  mutants: async (project, { quick, bugs, lanes, dir, onStart }, onCase) => {
    if (quick) return { notRun: '--quick leaves the planted bugs out' }
    if (!existsSync(path.join(projectsDir, 'tsconfig.json'))) return { notRun: cannotCompile }
    const mutants = (await loadMutants(project)).filter(({ id }) => bugs?.includes(id) ?? true)
    onStart?.('mutants', mutants.length)
    const { openReferenceCompiler } = await import('./reference-compiler.js')
    const compiler = openReferenceCompiler(projectsDir, project.slug)
    return {
      cases: await tryPlantedBugs(mutants, {
        project,
        dir: path.join(dir, 'mutants'),
        compiler,
        lanes,
        onCase,
      }),
    }
  },
}

/** Before any service starts: a bug that is not planted proves nothing. */
async function assertPlantable(bugs: readonly string[], projects: readonly Project[]): Promise<void> {
  const [project, other] = projects
  if (!project || other) {
    throw new BepError('USAGE', `--bugs takes one project, not ${projects.length}`, {
      fix: 'Name one, as in `bep verify project-1 --bugs tie-less-cursor`.',
    })
  }
  if (!existsSync(path.join(projectsDir, 'tsconfig.json'))) {
    throw new BepError('NO_CHECKOUT', `${packageRoot} is no checkout of bep: ${cannotCompile}`, {
      fix: 'Leave `--bugs` out.',
    })
  }
  const known = (await loadMutants(project)).map(({ id }) => id)
  for (const bug of bugs) {
    if (known.includes(bug)) continue
    const [nearest] = [...known].sort((a, b) => distance(bug, a) - distance(bug, b))
    throw new BepError('UNKNOWN_BUG', `${project.id} has no planted bug "${bug}"`, {
      fix: `Did you mean \`${nearest}\`? All are in graders/${project.slug}/mutants.ts.`,
    })
  }
}

function reported(done: VerifiedCase, onCase: (done: VerifiedCase) => void): VerifiedCase {
  onCase(done)
  return done
}
