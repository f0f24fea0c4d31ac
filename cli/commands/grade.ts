import path from 'node:path'
import type { CliContext, ExitCode } from '../context.js'
import type { ServicesSetting } from '../engine/stack.js'
import { junitReport } from '../ui/junit.js'
import { resultsReport } from '../ui/rows-report.js'
import { exitCodeOf } from './check.js'
import { gradeHere } from './grade-here.js'
import { assertWritable, writeReport } from './report-file.js'

interface GradeOptions {
  readonly out: string
  readonly junit?: string
  /** False for `--no-bench`. */
  readonly bench: boolean
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: GradeOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, out, colors } = context
  const reports = [options.out, options.junit].filter(file => file !== undefined)
  for (const file of reports) await assertWritable(path.resolve(cwd, file))
  const { seed, services } = options
  const performance = options.bench ? 'measured' : 'listed'
  const results = await gradeHere({ provider: services, rows: [], bail: false, seed, performance }, context)
  await writeReport(path.resolve(cwd, options.out), `${JSON.stringify(results, null, 2)}\n`)
  if (options.junit !== undefined) await writeReport(path.resolve(cwd, options.junit), junitReport(results))
  if (options.json) out(`${JSON.stringify(results, null, 2)}\n`)
  else
    out(
      `${resultsReport(results, colors, { failures: 3 })}\nWritten to ${options.out}${options.junit === undefined ? '' : ` and ${options.junit}`}.\n`,
    )
  return exitCodeOf(results)
}
