import path from 'node:path'
import type { CliContext, ExitCode } from '../context.js'
import type { IsolationTier } from '../engine/isolation/launcher.js'
import type { IsolationSetting } from '../engine/isolation/open-launcher.js'
import { jsonText } from '../engine/json-text.js'
import type { Results } from '../engine/results.js'
import type { ServicesSetting } from '../engine/stack.js'
import { gradeSubmission } from '../engine/submission-grading.js'
import { junitReport } from '../ui/junit.js'
import { resultsReport } from '../ui/rows-report.js'
import { exitCodeOf } from './check.js'
import { gradeHere, withStatusLine } from './grade-here.js'
import { gradeMode } from './grade-mode.js'
import type { SettingsOptions } from './grade-reports.js'
import { assertWritable, writeReport } from './report-file.js'

export interface GradeOptions extends SettingsOptions {
  /** Submissions; none for the workspace that the user is in. */
  readonly paths: readonly string[]
  /** A file for a workspace, a folder for a batch. */
  readonly out?: string
  readonly junit?: string
  /** False for `--no-bench`. */
  readonly bench: boolean
  readonly seed?: number
  readonly services: ServicesSetting
  readonly isolation?: IsolationSetting
  /** The weakest tier of isolation that will do. */
  readonly require?: IsolationTier
  readonly allowScripts?: boolean
  readonly jobs?: number
  /** How often to try again after an error of ours. */
  readonly retries?: number
  readonly project?: string
  readonly resume?: boolean
  readonly only?: readonly string[]
  readonly regrade?: readonly string[]
  /** URL of a Redis, or `env`. */
  readonly queue?: string
  readonly collect?: boolean
  readonly similarity?: boolean
  /** File of the private key to sign with. */
  readonly key?: string
  readonly keygen?: string
  readonly verify?: readonly string[]
  readonly publicKey?: string
  /** A folder of a batch whose reports are to be written again. */
  readonly report?: string
  /** The folder where Gradescope puts a submission and looks for the result. */
  readonly gradescope?: string
  readonly gradescopeAutograder?: string
  readonly json?: boolean
}

export async function run(options: GradeOptions, context: CliContext): Promise<ExitCode> {
  const mode = gradeMode(options)
  if (mode === 'batch') {
    return (await import('./grade-batch.js')).gradeSubmissions(options.paths, options, context)
  }
  if (mode === 'workspace') return runHere(options, context)
  const { report, gradescope, gradescopeAutograder, keygen, verify = [] } = options
  if (report !== undefined) return (await import('./grade-reports.js')).reportAgain(report, options, context)
  if (gradescope !== undefined || gradescopeAutograder !== undefined) {
    const { gradeForGradescope, makeAutograder } = await import('./grade-gradescope.js')
    return gradescope === undefined
      ? makeAutograder(gradescopeAutograder ?? '', options, context)
      : gradeForGradescope(gradescope, options, context)
  }
  const { makeKey, verifyFiles } = await import('./grade-keys.js')
  return keygen === undefined ? verifyFiles(verify, options, context) : makeKey(keygen, options, context)
}

async function runHere(options: GradeOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, out, colors } = context
  const file = options.out ?? 'results.json'
  const reports = [file, options.junit].filter(file => file !== undefined)
  for (const report of reports) await assertWritable(path.resolve(cwd, report))
  const { seed, services } = options
  const results = await (isolated(options)
    ? gradeIsolated(options, context)
    : gradeHere(
        {
          provider: services,
          rows: [],
          bail: false,
          seed,
          performance: options.bench ? 'measured' : 'listed',
        },
        context,
      ))
  await writeReport(path.resolve(cwd, file), jsonText(results))
  if (options.junit !== undefined) await writeReport(path.resolve(cwd, options.junit), junitReport(results))
  if (options.json) out(`${JSON.stringify(results, null, 2)}\n`)
  else
    out(
      `${resultsReport(results, colors, { failures: 3 })}\n${isolated(options) ? `Isolation: ${results.isolation}. ` : ''}Written to ${file}${options.junit === undefined ? '' : ` and ${options.junit}`}.\n`,
    )
  return exitCodeOf(results)
}

const isolated = ({ isolation, require, allowScripts }: GradeOptions): boolean =>
  isolation !== undefined || require !== undefined || allowScripts === true

function gradeIsolated(options: GradeOptions, context: CliContext): Promise<Results> {
  const { isolation = 'auto', require: required, allowScripts = false, services: provider, seed } = options
  return withStatusLine(context, surroundings =>
    gradeSubmission({ ...surroundings, provider, seed, isolation, required, allowScripts }),
  )
}
