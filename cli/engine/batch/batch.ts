import { availableParallelism, totalmem } from 'node:os'
import { distance } from 'fastest-levenshtein'
import { BepError } from '../../../fixtures/bep-error.js'
import type { IsolationTier, Launcher } from '../isolation/launcher.js'
import { type IsolationSetting, openLauncher } from '../isolation/open-launcher.js'
import { withSession } from '../session.js'
import { sweptNotice } from '../workspace-grading.js'
import { gradeOne } from './grade-one.js'
import type { GradeRecord } from './grade-record.js'
import {
  type Elsewhere,
  type GradingContext,
  type GradingOptions,
  openGradingContext,
} from './grading-context.js'
import { type Journal, openJournal } from './journal.js'
import { signer, unsigned } from './signature.js'
import type { SigningKey } from './signing-key.js'
import type { Submission } from './submission-list.js'

export interface BatchOptions extends GradingOptions {
  readonly isolation: IsolationSetting
  /** The weakest tier that will do. */
  readonly required?: IsolationTier | undefined
  /** Where the records go. */
  readonly out: string
  /** The user has named the seed. A batch that is resumed keeps its own. */
  readonly seedIsFixed: boolean
  /** Go on with the records that are in `out`. */
  readonly resume: boolean
  /** Grade these alone. */
  readonly only?: readonly string[] | undefined
  /** Grade these whatever their records say. */
  readonly regrade?: readonly string[] | undefined
  /** Has others grade; then nothing runs on this machine, and \`required\` is for them to offer. */
  readonly openElsewhere?: ((seed: number) => Promise<Elsewhere & { close(): Promise<void> }>) | undefined
  /** The key that signs; asked for once the tier is known. */
  readonly openKey: (home: string, tier: IsolationTier) => Promise<SigningKey | undefined>
  readonly onStart?: (submission: Submission) => void
  readonly onStep?: (submission: Submission, text: string) => void
  readonly onDone?: (record: GradeRecord, done: DoneProgress) => void
  /** What the batch is, once that is known and before it begins. */
  readonly onBegin?: (batch: Pick<Batch, 'seed' | 'isolation'> & { readonly count: number }) => void
}

export interface DoneProgress {
  /** An earlier run had graded it, and nothing has changed. */
  readonly isKept: boolean
  readonly done: number
  readonly total: number
}

export interface Batch {
  readonly seed: number
  readonly isolation: IsolationTier
  /** The key that has signed the records, if any has. */
  readonly key: SigningKey | undefined
  /** What is known of all submissions on the list, in its order. */
  readonly records: readonly GradeRecord[]
  /** How many had been graded before and were not again. */
  readonly kept: number
  /** Why it did not come to its end. */
  readonly ended?: unknown
}

/** As many as the cores and the memory serve: each has a server, its tests and a share of the database. */
export const defaultJobs = (): number => {
  const memory = Math.floor(totalmem() / (1.5 * 1024 ** 3))
  return Math.max(1, Math.min(availableParallelism() + 1, memory, 8))
}

/**
 * Grades a list of submissions side by side and writes a record the moment that one is done. No submission's trouble
 * ends it; what would hit all of them, and an abort, do: then `ended` says why, and the records are kept.
 * @throws BepError before anything is graded, when it cannot begin: BATCH_EXISTS, BATCH_LOCKED,
 *   ISOLATION_UNAVAILABLE, UNKNOWN_SUBMISSION …
 */
export async function gradeBatch(submissions: readonly Submission[], options: BatchOptions): Promise<Batch> {
  const { env, out, isolation, required, onNotice, openKey, seed, seedIsFixed } = options
  const only = chosen(submissions, options.only)
  const regrade = chosen(submissions, options.regrade ?? [])
  return withSession(env, async ({ home, run, swept }) => {
    if (swept.length > 0) onNotice?.(sweptNotice(swept.length))
    const launcher = options.openElsewhere
      ? noLauncher(required ?? 'process')
      : await openLauncher({ isolation, required, run, env, ...(onNotice && { onNotice }) })
    const key = await openKey(home, launcher.tier)
    const resume = options.resume || regrade.size > 0
    const journal = await openJournal(out, { seed, seedIsFixed, resume, key })
    try {
      for (const why of journal.refused) onNotice?.(`${why}: it does not count`)
      const isolationTier = launcher.tier
      const wanted = submissions.filter(({ id }) => only.has(id))
      options.onBegin?.({ seed: journal.seed, isolation: isolationTier, count: wanted.length })
      const sign = key ? signer(key.privateKey) : unsigned
      const elsewhere = await options.openElsewhere?.(journal.seed)
      const graded = await gradeAll(wanted, {
        ...{ ...options, seed: journal.seed, home, run, launcher, sign, journal, regrade, elsewhere },
      }).finally(() => elsewhere?.close())
      return {
        seed: journal.seed,
        isolation: isolationTier,
        key,
        records: submissions.flatMap(({ id }) => graded.records.get(id) ?? []),
        kept: graded.kept,
        ...('ended' in graded && { ended: graded.ended }),
      }
    } finally {
      await journal.close()
    }
  })
}

interface Work
  extends Omit<BatchOptions, 'regrade'>,
    Pick<GradingContext, 'launcher' | 'sign' | 'run' | 'elsewhere'> {
  readonly home: string
  readonly journal: Journal
  readonly regrade: ReadonlySet<string>
}

async function gradeAll(wanted: readonly Submission[], options: Work) {
  const { journal, regrade, onStart, onStep, onDone } = options
  const records = new Map(journal.records)
  let kept = 0
  let done = 0
  const trouble = new AbortController()
  const signal = AbortSignal.any([options.signal, trouble.signal])
  const context = openGradingContext({ ...options, signal })
  try {
    const grading = wanted.map(async submission => {
      const { id } = submission
      const before = journal.records.get(id)
      const record = await gradeOne(submission, context, {
        kept: regrade.has(id) ? undefined : before,
        isRegrade: regrade.has(id),
        onStart: () => onStart?.(submission),
        onStep: text => onStep?.(submission, text),
      })
      const isKept = record === before
      if (!isKept) await journal.write(record)
      records.set(id, record)
      kept += isKept ? 1 : 0
      done += 1
      onDone?.(record, { isKept, done, total: wanted.length })
    })
    // The first that throws is what would hit the others, too.
    for (const one of grading) one.catch(thrown => trouble.abort(thrown))
    const settled = await Promise.allSettled(grading)
    const isWhole = settled.every(({ status }) => status === 'fulfilled')
    return { records, kept, ...(!isWhole && { ended: signal.reason as unknown }) }
  } finally {
    await context.stop()
  }
}

/** What stands for the tier where nothing is launched. */
function noLauncher(tier: IsolationTier): Launcher {
  const refuse = () => Promise.reject(new Error('nothing is graded on this machine'))
  return { tier, launch: refuse, run: refuse }
}

/** The ids that were named, all if none were, as a set. */
function chosen(
  submissions: readonly Submission[],
  named: readonly string[] = submissions.map(({ id }) => id),
): ReadonlySet<string> {
  const ids = submissions.map(({ id }) => id)
  for (const name of named) {
    if (ids.includes(name)) continue
    const [nearest] = [...ids].sort((a, b) => distance(name, a) - distance(name, b))
    throw new BepError('UNKNOWN_SUBMISSION', `there is no submission "${name}"`, {
      fix: `Did you mean \`${nearest}\`? The batch has ${ids.length} of them.`,
    })
  }
  return new Set(named)
}
