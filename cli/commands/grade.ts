import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import type { ServicesSetting } from '../engine/stack.js'
import { junitReport } from '../ui/junit.js'
import { resultsReport } from '../ui/rows-report.js'
import { exitCodeOf } from './check.js'
import { gradeHere } from './grade-here.js'

interface GradeOptions {
  readonly out: string
  readonly junit?: string
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: GradeOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, out, colors } = context
  const reports = [options.out, options.junit].filter(file => file !== undefined)
  for (const file of reports) await assertWritable(path.resolve(cwd, file))
  const { seed, services } = options
  const results = await gradeHere({ provider: services, rows: [], bail: false, seed }, context)
  await write(path.resolve(cwd, options.out), `${JSON.stringify(results, null, 2)}\n`)
  if (options.junit !== undefined) await write(path.resolve(cwd, options.junit), junitReport(results))
  if (options.json) out(`${JSON.stringify(results, null, 2)}\n`)
  else
    out(
      `${resultsReport(results, colors, { failures: 3 })}\nWritten to ${options.out}${options.junit === undefined ? '' : ` and ${options.junit}`}.\n`,
    )
  return exitCodeOf(results)
}

/** Before the work rather than after it. */
async function assertWritable(file: string): Promise<void> {
  await access(path.dirname(file), constants.W_OK).catch(cause => Promise.reject(unwritable(file, cause)))
  const there = await stat(file).catch(() => undefined)
  if (there?.isDirectory()) throw unwritable(file, { code: 'EISDIR' })
}

async function write(file: string, text: string): Promise<void> {
  await writeFileAtomic(file, text).catch(cause => Promise.reject(unwritable(file, cause)))
}

function unwritable(file: string, cause: { readonly code?: string }): BepError {
  return new BepError('REPORT_UNWRITABLE', `cannot write ${file} (${cause.code})`, {
    fix: 'Name another file with `--out` or `--junit`, in a folder that exists and can be written.',
    cause,
  })
}
