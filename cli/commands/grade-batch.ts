import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { type Batch, defaultJobs, gradeBatch } from '../engine/batch/batch.js'
import { openSigningKey } from '../engine/batch/signing-key.js'
import { listSubmissions } from '../engine/batch/submission-list.js'
import { getProject } from '../engine/find-project.js'
import { newSeed } from '../engine/grader.js'
import { openBatchProgress } from '../ui/batch-progress.js'
import { batchReport, batchSummary } from '../ui/batch-report.js'
import { assertReportable } from './batch-reports.js'
import type { GradeOptions } from './grade.js'
import { queueFor } from './grade-queue.js'
import { reportBatch, reportsText, settingsOf } from './grade-reports.js'
import { reportSimilarity } from './similarity.js'

/** `bep grade submissions/`: exit code 0 says that every submission was dealt with, whatever the marks are. */
export async function gradeSubmissions(
  paths: readonly string[],
  options: GradeOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { cwd, env, interactive, signal, out, colors } = context
  const { jobs = defaultJobs(), retries = 1, allowScripts = false } = options
  const resume = options.resume === true || options.collect === true
  const project = options.project === undefined ? undefined : getProject(options.project)
  const folder = path.resolve(cwd, options.out ?? 'grades')
  const key = options.key === undefined ? undefined : path.resolve(cwd, options.key)
  if (key !== undefined) assertApart(key, paths, cwd)
  const settings = await settingsOf(options, context)
  await assertReportable(folder)
  // The folder of a batch may lie among them.
  const { submissions, notices } = await listSubmissions(paths, { cwd, without: folder })
  const queue = options.queue === undefined ? undefined : await queueFor(folder, options, context)
  const progress = openBatchProgress(context, { quiet: options.json === true })
  for (const notice of notices) progress.onNotice(notice)
  let batch: Batch
  try {
    batch = await gradeBatch(submissions, {
      ...{ env, interactive, signal, project, jobs, retries, allowScripts, out: folder, resume },
      provider: options.services,
      isolation: options.isolation ?? 'auto',
      required: queue?.required ?? options.require,
      seed: options.seed ?? queue?.seed ?? newSeed(),
      seedIsFixed: options.seed !== undefined,
      only: options.only,
      regrade: options.regrade,
      openKey: (home, tier) => openSigningKey(home, { tier, file: key }),
      ...progress,
      openElsewhere:
        queue && (seed => queue.open({ seed, allowScripts, project, retries, onNotice: progress.onNotice })),
      onBegin({ seed, isolation, count }) {
        const submissions = count === 1 ? '1 submission' : `${count} submissions`
        const where = queue ? `by the workers of ${queue.name}` : `${jobs} at a time`
        progress.onBegin(`${submissions}, ${where}  seed ${seed} · isolation ${isolation}`, count)
      },
    })
  } finally {
    progress.close()
  }
  const shown = options.out ?? 'grades'
  const reports =
    'ended' in batch
      ? undefined
      : await reportBatch(batch.records, { folder, settings, key: batch.key }, context)
  const similar =
    options.similarity && !('ended' in batch)
      ? await reportSimilarity(submissions, { folder, project: options.project }, context)
      : undefined
  if (options.json) out(`${JSON.stringify(batchSummary(batch, folder), null, 2)}\n`)
  else {
    out(`\n${batchReport(batch, colors)}\nRecords are in ${path.join(shown, 'records')}.\n`)
    const again = 'the same command with --resume goes on, and grades nothing twice'
    if (reports) out(reportsText(reports, shown, settings))
    if (similar !== undefined) out(`${similar}\n`)
    if ('ended' in batch) out(`It did not come to its end: ${again}.\n`)
    else if (hasErrors(batch)) out(`Errors are ours and cost nobody points: ${again}.\n`)
  }
  // An abort is told by the exit code of the command.
  if ('ended' in batch && !signal.aborted) throw batch.ended
  return hasErrors(batch) ? 2 : 0
}

const hasErrors = ({ records }: Batch) => records.some(({ outcome }) => outcome === 'error')

function assertApart(key: string, paths: readonly string[], cwd: string): void {
  const among = paths.find(named => !path.relative(path.resolve(cwd, named), key).startsWith('..'))
  if (among === undefined) return
  throw new BepError('KEY_EXPOSED', `the signing key ${key} lies among the submissions in ${among}`, {
    fix: 'Move it to where no submission is read from.',
  })
}
