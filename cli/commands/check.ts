import type { CliContext, ExitCode } from '../context.js'
import { allPass, type Results } from '../engine/results.js'
import type { ServicesSetting } from '../engine/stack.js'
import { resultsReport } from '../ui/rows-report.js'
import { gradeHere } from './grade-here.js'

export interface CheckOptions {
  readonly rows: readonly string[]
  readonly all?: boolean
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: CheckOptions, context: CliContext): Promise<ExitCode> {
  const { out, colors } = context
  const { rows, all, seed, services } = options
  const results = await gradeHere(
    { provider: services, rows, bail: all !== true, seed, performance: 'listed' },
    context,
  )
  if (options.json) out(`${JSON.stringify(results, null, 2)}\n`)
  else
    out(
      `${resultsReport(results, colors, { failures: options.all ? 20 : 1 })}\n${nextStep(results, options)}`,
    )
  return exitCodeOf(results)
}

function nextStep(results: Results, { all, rows }: CheckOptions): string {
  if (results.rows.some(row => row.verdict === 'fail' || row.verdict === 'error')) return ''
  if (rows.length > 0) return 'Next: `bep check` runs all rows.\n'
  return all || allPass(results)
    ? 'All rows pass. `bep grade` writes the results down; `bep list` shows what is next.\n'
    : ''
}

/** 2 where bep or a service failed or the server could not be started, 1 where checks failed. */
export function exitCodeOf(results: Results): ExitCode {
  if (results.problem || results.rows.some(row => row.verdict === 'error')) return 2
  return allPass(results) ? 0 : 1
}
