import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import { asDiskError } from '../../../fixtures/disk.js'
import type { Project } from '../../../projects/catalog.js'
import { gradingLimitMs } from '../isolation/limits.js'
import { stageSubmission } from '../isolation/submission.js'
import type { GradingLanes } from '../lanes.js'
import type { Results } from '../results.js'
import { readWorkspace } from '../workspace.js'
import { type FetchedSubmission, fetchSubmission } from './fetch-submission.js'
import { type GradeRecord, recordVersion } from './grade-record.js'
import { graderHash } from './grader-hash.js'
import type { GradingContext } from './grading-context.js'
import { isStudentsFault } from './students-fault.js'
import type { Submission } from './submission-list.js'
import { sourceName } from './submission-source.js'

interface OneOptions {
  /** What is known from before: nothing is graded again that is as it was. */
  readonly kept?: GradeRecord | undefined
  /** It has a lane now. */
  readonly onStart?: () => void
  readonly onStep?: ((text: string) => void) | undefined
  /** Somebody asked for it to be graded again. */
  readonly isRegrade?: boolean
}

/** What came of grading, whoever handed it in. */
export type Tried = Pick<
  GradeRecord,
  'outcome' | 'problem' | 'results' | 'attempts' | 'leftOut' | 'gradedAt'
> & {
  /** See `graderHash`; where it is missing it was graded here. */
  readonly grader?: string
}

/**
 * Grades one submission: fetches it, makes it ready under the launcher, grades it on a database of its own, and removes
 * all of it. What is the student's fault and what is ours becomes part of the record, and ours is tried again.
 * @throws BepError for what would hit every submission: no space on the disk, services that do not start. The reason of
 *   the context's signal when that was aborted.
 */
export async function gradeOne(
  submission: Submission,
  context: GradingContext,
  { kept, onStart, onStep, isRegrade = false }: OneOptions = {},
): Promise<GradeRecord> {
  if (submission.source.kind === 'missing') {
    return recordOf(submission, context, { kept, tried: tried('missing') })
  }
  const into = path.join(context.run.dir, `fetched-${randomUUID()}`)
  let fetched: FetchedSubmission | undefined
  let grader: string | undefined
  const work = await context.lane(async () => {
    context.signal.throwIfAborted()
    onStart?.()
    onStep?.('reading')
    try {
      fetched = await fetchSubmission(submission, into, context)
      const project = await readProject(fetched.dir, context.project)
      grader = await graderHash(project, settingsOf(context))
      if (context.elsewhere) {
        const graders = await context.elsewhere.graders(project)
        if (kept && kept.outcome !== 'error' && kept.hash === fetched.hash && graders.includes(kept.grader))
          return { done: kept }
        onStep?.('waiting for a worker')
        const { leftOut } = fetched
        const { outcome } = await context.elsewhere.grade(
          { id: submission.id, fetched },
          { project, isRegrade, signal: context.signal },
        )
        return { twin: outcome.then(tried => ({ ...tried, leftOut: [...leftOut, ...tried.leftOut] })) }
      }
      const key = `${fetched.hash}:${grader}`
      if (kept && kept.outcome !== 'error' && `${kept.hash}:${kept.grader}` === key) {
        context.tried.set(key, Promise.resolve(kept))
        return { done: kept }
      }
      // Others who handed in the same wait for it, and need no lane for that.
      const twin = context.tried.get(key)
      if (twin !== undefined) return { twin }
      const own = tryRepeatedly(fetched, project, { ...context, onStep })
      context.tried.set(key, own)
      return { done: await own }
    } catch (thrown) {
      return { done: { ...judgeThrown(thrown, context), leftOut: [...(fetched?.leftOut ?? [])] } }
    } finally {
      await rm(into, { recursive: true, force: true })
    }
  })
  return recordOf(submission, context, { kept, fetched, grader, tried: work.done ?? (await work.twin) })
}

/** The project that a submission says that it is of. */
async function readProject(dir: string, wanted: Project | undefined): Promise<Project> {
  const { project } = await readWorkspace(dir)
  if (wanted && project.id !== wanted.id) {
    throw new BepError('WRONG_PROJECT', `it is a solution of ${project.id}, not of ${wanted.id}`, {
      fix: `Hand in a solution of ${wanted.id}.`,
    })
  }
  return project
}

type TryContext = GradingContext & { readonly onStep: OneOptions['onStep'] }

async function tryRepeatedly(
  fetched: FetchedSubmission,
  project: Project,
  context: TryContext,
): Promise<Tried> {
  const { services } = context
  let last = await judged(context, async () => tryOnce(fetched, await services.shared(project), context))
  for (let attempt = 2; isOurs(last) && attempt <= context.retries + 1; attempt++) {
    context.onStep?.('trying again')
    const again = () => services.alone(project, lanes => tryOnce(fetched, lanes, context))
    last = { ...(await judged(context, again)), attempts: attempt }
  }
  return { ...last, leftOut: [...fetched.leftOut, ...last.leftOut] }
}

/** What may go better another time. */
const isOurs = ({ outcome, problem }: Tried) =>
  outcome === 'error' && problem?.code !== 'SERVICES_UNAVAILABLE'

const judged = (context: TryContext, work: () => Promise<Tried>): Promise<Tried> =>
  work().catch((thrown: unknown) => judgeThrown(thrown, context))

async function tryOnce(
  { dir }: FetchedSubmission,
  lanes: GradingLanes,
  { run, launcher, env: inherited, allowScripts, seed, signal, onStep }: TryContext,
): Promise<Tried> {
  const { subject, leftOut, remove } = await stageSubmission(dir, {
    ...{ run, launcher, inherited, allowScripts, signal },
    ...(onStep && { onStep }),
  })
  try {
    onStep?.('starting the server')
    const results = await lanes.grade(subject, {
      launcher,
      seed,
      performance: 'listed',
      limitMs: gradingLimitMs,
      onCheck: row => onStep?.(row.id),
    })
    return { ...judge(results), leftOut: [...leftOut] }
  } finally {
    await remove()
  }
}

function judge(results: Results): Tried {
  const failed = results.rows
    .flatMap(row => row.checks.map(check => ({ row, check })))
    .find(({ check }) => check.verdict === 'error')
  if (results.problem?.code === 'SERVICE_GONE') return tried('error', { problem: results.problem })
  if (failed) {
    const { row, check } = failed
    const message = `${row.id}: ${check.title}: ${check.failure?.message ?? check.reason ?? 'error'}`
    return tried('error', { problem: { code: 'CHECK_ERROR', message: clip(message) } })
  }
  return tried('graded', { results })
}

/** Theirs or ours; what would hit all submissions is thrown again. */
function judgeThrown(thrown: unknown, { signal, run, services }: GradingContext): Tried {
  signal.throwIfAborted()
  const { code, fix } = thrown instanceof BepError ? thrown : { code: 'INTERNAL', fix: undefined }
  if (isDiskFull(thrown)) throw asDiskError(thrown, run.dir)
  if (code === 'SERVICES_UNAVAILABLE' && services.hopeless) throw thrown
  const theirs = isStudentsFault(thrown)
  // Where the copy lay says nothing to anybody.
  const message = clip(messageOf(thrown).replaceAll(/\S+\/runs\/[a-z0-9]+\/[\w-]+\/?/g, ''))
  return tried(theirs ? 'ungradable' : 'error', {
    problem: { code, message, ...(fix !== undefined && { fix }) },
  })
}

/** Not by its words: a submission's own output may say so of a disk that was made small for it. */
const isDiskFull = (thrown: unknown) =>
  ['ENOSPC', 'EDQUOT', 'DISK_FULL'].includes((thrown as { code?: string } | undefined)?.code ?? '')

const clip = (text: string) => (text.length > 4000 ? `${text.slice(0, 4000)}…` : text)

const tried = (
  outcome: GradeRecord['outcome'],
  rest: Pick<GradeRecord, 'problem' | 'results'> = {},
): Tried => ({ outcome, attempts: 1, leftOut: [], gradedAt: new Date().toISOString(), ...rest })

const settingsOf = ({ launcher, allowScripts }: GradingContext) => ({ tier: launcher.tier, allowScripts })

interface Parts {
  readonly kept: GradeRecord | undefined
  readonly fetched?: FetchedSubmission | undefined
  readonly grader?: string | undefined
  readonly tried: Tried
}

async function recordOf(
  { id, student, source, submittedAt: listed }: Submission,
  context: GradingContext,
  { kept, fetched, grader, tried }: Parts,
): Promise<GradeRecord> {
  const submittedAt = listed ?? fetched?.submittedAt
  const { outcome, problem, results, attempts, leftOut, gradedAt } = tried
  const record: GradeRecord = {
    version: recordVersion,
    submission: id,
    student,
    source: sourceName(source),
    ...(submittedAt && { submittedAt: submittedAt.toISOString() }),
    ...(fetched && { hash: fetched.hash }),
    grader: tried.grader ?? grader ?? (await graderHash(undefined, settingsOf(context))),
    gradedAt,
    attempts,
    outcome,
    ...(problem && { problem }),
    leftOut,
    ...(results && { results: { ...results, workspace: sourceName(source) } }),
  }
  const signed = context.sign(record)
  // Signing is deterministic: where only the time differs, nothing has happened.
  return kept && isDeepStrictEqual(context.sign({ ...record, gradedAt: kept.gradedAt }), kept) ? kept : signed
}
