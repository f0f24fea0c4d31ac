import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { getProject } from '../engine/find-project.js'
import { similarityOf, submissionFolders } from '../engine/similarity/similar-folders.js'
import { similarityPage } from '../ui/similarity-page.js'
import { similarityReport } from '../ui/similarity-report.js'
import { openStatusLine } from '../ui/status-line.js'
import { assertWritable, writeReport } from './report-file.js'

export interface SimilarityCommandOptions {
  readonly paths: readonly string[]
  readonly base?: readonly string[]
  readonly project?: string
  readonly threshold: number
  readonly minMatch: number
  readonly noise: number
  readonly common?: number
  readonly html?: string
  readonly pairs: number
  readonly json?: boolean
}

export async function run(options: SimilarityCommandOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, signal, out, colors } = context
  const { minMatch, noise, threshold, common, base = [] } = options
  if (noise > minMatch) {
    throw new BepError('SETTINGS_CONTRADICT', `--noise ${noise} is more than --min-match ${minMatch}`, {
      fix: 'Matches below --noise tokens are never found, those from --min-match on always.',
    })
  }
  const html = options.html === undefined ? undefined : path.resolve(cwd, options.html)
  if (html !== undefined) await assertWritable(html)
  const status = openStatusLine(context)
  const similarity = await submissionFolders(options.paths.map(named => path.resolve(cwd, named)))
    .then(folders =>
      similarityOf(folders, {
        bases: base.map(dir => path.resolve(cwd, dir)),
        project: options.project === undefined ? undefined : getProject(options.project),
        guaranteedTokens: minMatch,
        noiseTokens: noise,
        threshold: threshold / 100,
        commonAbove: common,
        signal,
        onStep: text => status.set(text),
      }),
    )
    .finally(() => status.clear())
  if (html !== undefined) await writeReport(html, similarityPage(similarity))
  out(
    options.json
      ? `${JSON.stringify(similarity.report, null, 2)}\n`
      : `${similarityReport(similarity.report, colors, options)}\n${html === undefined ? '' : `Both sides: ${options.html}\n`}`,
  )
  return 0
}
