import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { listSubmissions, type Submission } from '../engine/batch/submission-list.js'
import { getProject } from '../engine/find-project.js'
import { withSession } from '../engine/session.js'
import { type Similarity, similarityOf } from '../engine/similarity/similar-submissions.js'
import { similarityPage } from '../ui/similarity-page.js'
import { similarityReport } from '../ui/similarity-report.js'
import { openStatusLine } from '../ui/status-line.js'
import { printable } from '../ui/terminal-text.js'
import { assertWritable, writeReport } from './report-file.js'

interface ComparingOptions {
  readonly base?: readonly string[]
  readonly project?: string | undefined
  readonly threshold: number
  readonly minMatch: number
  readonly noise: number
  readonly common?: number
}

export interface SimilarityCommandOptions extends ComparingOptions {
  readonly paths: readonly string[]
  readonly html?: string
  readonly pairs: number
  readonly json?: boolean
}

export async function run(options: SimilarityCommandOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, out, note, colors } = context
  const { minMatch, noise } = options
  if (noise > minMatch) {
    throw new BepError('SETTINGS_CONTRADICT', `--noise ${noise} is more than --min-match ${minMatch}`, {
      fix: 'Matches below --noise tokens are never found, those from --min-match on always.',
    })
  }
  const html = options.html === undefined ? undefined : path.resolve(cwd, options.html)
  if (html !== undefined) await assertWritable(html)
  const { submissions, notices } = await listSubmissions(options.paths, { cwd })
  for (const notice of notices) note(`${colors.dim(printable(notice))}\n`)
  const similarity = await compare(submissions, options, context)
  if (html !== undefined) await writeReport(html, similarityPage(similarity))
  out(
    options.json
      ? `${JSON.stringify(similarity.report, null, 2)}\n`
      : `${similarityReport(similarity.report, colors, options)}\n${html === undefined ? '' : `Both sides: ${options.html}\n`}`,
  )
  return 0
}

/** What the options are where nobody named them. */
const usual: ComparingOptions = { threshold: 20, minMatch: 30, noise: 15 }

/**
 * `bep grade submissions/ --similarity`: writes `similarity.html` and `similarity.json` beside the other reports, and
 * gives a line about them.
 */
export async function reportSimilarity(
  submissions: readonly Submission[],
  { folder, project }: { readonly folder: string; readonly project: string | undefined },
  context: CliContext,
): Promise<string> {
  const similarity = await compare(submissions, { ...usual, project }, context).catch((thrown: unknown) => {
    if (thrown instanceof BepError && thrown.code === 'SUBMISSIONS_TOO_FEW') return thrown
    throw thrown
  })
  if (similarity instanceof BepError) return `Similarity: ${similarity.message}.`
  await writeReport(path.join(folder, 'similarity.html'), similarityPage(similarity))
  await writeReport(path.join(folder, 'similarity.json'), `${JSON.stringify(similarity.report, null, 2)}\n`)
  const { length } = similarity.report.pairs
  const pairs = length === 1 ? '1 pair shares' : `${length} pairs share`
  return `${pairs} at least ${usual.threshold} % of their code: similarity.html has both sides, for a human to judge.`
}

function compare(
  submissions: readonly Submission[],
  { base = [], project, threshold, minMatch, noise, common }: ComparingOptions,
  context: CliContext,
): Promise<Similarity> {
  const { cwd, env, signal, note, colors } = context
  const status = openStatusLine(context)
  return withSession(env, ({ run }) =>
    similarityOf(submissions, {
      run,
      env,
      bases: base.map(dir => path.resolve(cwd, dir)),
      project: project === undefined ? undefined : getProject(project),
      guaranteedTokens: minMatch,
      noiseTokens: noise,
      threshold: threshold / 100,
      commonAbove: common,
      signal,
      onStep: text => status.set(text),
      onNotice(line) {
        status.clear()
        note(`${colors.dim(printable(line))}\n`)
      },
    }),
  ).finally(() => status.clear())
}
