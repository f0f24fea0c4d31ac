import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Mutant } from '../../../graders/kit/rubric.js'
import type { Project } from '../../../projects/catalog.js'
import type { GradingLanes } from '../lanes.js'
import { loadMutants, packageRoot } from '../project-files.js'
import type { Results } from '../results.js'
import { checkLedger } from './check-ledger.js'
import { compileApart } from './compile-apart.js'
import { failedChecks, type GradedCase, mustEarn, problemOf } from './graded.js'
import { plantBugs } from './planted-bugs.js'
import { proveReachedLines } from './reached-lines.js'
import type { ProofId, VerifiedCase } from './report.js'
import type { Shard } from './shard.js'
import {
  hasSubjects,
  independentSubjects,
  nullSubjects,
  referenceSubjects,
  starterSubject,
} from './subjects.js'

/** Where the references' sources are, in a checkout. */
export const projectsDir = path.join(packageRoot, 'projects')

/** Why no bug can be planted here; undefined where it can. */
export const plantingImpossible: string | undefined = existsSync(path.join(projectsDir, 'tsconfig.json'))
  ? undefined
  : 'planted bugs are compiled, which needs a checkout of bep'

/** A starter that earned more than this would leave too little to learn. */
const starterLimit = 50
/** Null apps that never answer must not take the checks' own five seconds each time. */
const nullRequestTimeoutMs = 300

export interface ProofContext extends Pick<GradingLanes, 'grade'> {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Leave the planted bugs out. */
  readonly quick: boolean
  /** Plant these bugs alone, and prove nothing else. */
  readonly bugs?: readonly string[] | undefined
  /** The part of the work that is done here. */
  readonly shard: Shard
  /** A folder of the run's own. */
  readonly dir: string
}

/** Cases that are done or must be graded, or the reason why there are none. */
export type Proof = (
  project: Project,
  context: ProofContext,
) => Promise<readonly (GradedCase | VerifiedCase)[] | { readonly notRun: string }>

/** What is proved about a project, in this order: a later proof means little when an earlier one fails. */
export const proofs: Readonly<Record<ProofId, Proof>> = {
  ledger: checkLedger,

  reference: async project =>
    referenceSubjects(project).map(({ name, ...subject }) => earns(name, 'all', subject)),

  'reached-lines': proveReachedLines,

  starter: async (project, { dir, env, signal }) => {
    const subject = await starterSubject(project, path.join(dir, 'starter'), { env, signal })
    return [{ name: 'starter', subject, judge: judgeStarter }]
  },

  'null-apps': async (project, { dir }) => {
    const subjects = await nullSubjects(project, path.join(dir, 'null-apps'))
    return subjects.map(({ name, ...subject }) => ({
      ...earns(name, 'nothing', subject),
      limits: { requestTimeoutMs: nullRequestTimeoutMs },
    }))
  },

  subjects: async project => {
    if (!hasSubjects()) return { notRun: 'the package leaves the independent implementations out' }
    const subjects = await independentSubjects(project)
    if (subjects.length === 0) return { notRun: `there is no fixtures/subjects/${project.slug}-*` }
    return subjects.map(({ name, ...subject }) => earns(name, 'all', subject))
  },

  mutants: async (project, { quick, bugs, shard, dir, signal }) => {
    if (quick) return { notRun: '--quick leaves the planted bugs out' }
    if (plantingImpossible !== undefined) return { notRun: plantingImpossible }
    const wanted = ({ id }: Mutant, n: number) => bugs?.includes(id) ?? shard.has(project, n)
    return plantBugs((await loadMutants(project)).filter(wanted), {
      project,
      dir: path.join(dir, 'mutants'),
      compile: edits => compileApart(projectsDir, project.slug, edits, signal),
    })
  },
}

const earns = (name: string, what: 'all' | 'nothing', subject: GradedCase['subject']): GradedCase => ({
  name,
  subject,
  judge: results => mustEarn(name, what, results),
})

function judgeStarter(results: Results): VerifiedCase {
  const { earned } = results
  const errors = failedChecks(results).filter(({ row }) =>
    results.rows.some(({ id, verdict }) => id === row && verdict === 'error'),
  )
  const problem =
    problemOf(results) ??
    (errors.length > 0
      ? 'bep itself failed in a check'
      : earned >= starterLimit
        ? `it must earn less than ${starterLimit}, and earned ${earned}`
        : undefined)
  return {
    name: 'starter',
    passed: problem === undefined,
    outcome: `${earned} of 100`,
    earned,
    ...(problem !== undefined && { problem, failed: errors }),
  }
}
