import { createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import type { CliContext, ExitCode } from '../context.js'
import type { GradeRecord } from '../engine/batch/grade-record.js'
import { type GradingSettings, readGradingSettings } from '../engine/batch/grading-settings.js'
import { readRecords } from '../engine/batch/recorded.js'
import { homeKeyFile, readPublicKey, readSigningKey, type SigningKey } from '../engine/batch/signing-key.js'
import { disclosedAt } from '../engine/batch/student-result.js'
import { homeDir } from '../engine/home.js'
import { batchAnnotations, batchLine, batchMarkdown } from '../ui/batch-github.js'
import { printable } from '../ui/terminal-text.js'
import { type WrittenReports, writeReports } from './batch-reports.js'

/** The options that say how records become marks and reports. */
export interface SettingsOptions {
  /** Another file than `bep-grading.yml`. */
  readonly settings?: string
  readonly disclosure?: string
  readonly until?: string
  readonly due?: string
}

export const settingsOf = (
  { settings, disclosure, until, due }: SettingsOptions,
  { cwd }: CliContext,
): Promise<GradingSettings> => readGradingSettings({ cwd, file: settings, disclosure, until, due })

interface ReportOptions extends SettingsOptions {
  readonly key?: string
  readonly publicKey?: string
  readonly json?: boolean
}

/** `bep grade --report FOLDER`: writes the reports of a batch again from its records. Nothing is graded. */
export async function reportAgain(
  folder: string,
  options: ReportOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { cwd, env, out } = context
  const settings = await settingsOf(options, context)
  const own = homeKeyFile(homeDir(env))
  const keyFile =
    options.key === undefined ? (existsSync(own) ? own : undefined) : path.resolve(cwd, options.key)
  const key = keyFile === undefined ? undefined : await readSigningKey(keyFile)
  const publicKey =
    options.publicKey === undefined
      ? key && createPublicKey(key.privateKey)
      : await readPublicKey(path.resolve(cwd, options.publicKey))
  const { records, doubtful } = await readRecords(path.resolve(cwd, folder), publicKey)
  const { unsigned = [], unknownKey = [] } = doubtful
  const doubts = [
    ...(unknownKey.length > 0 ? [`${unknownKey.length} records were signed with another key`] : []),
    ...(unsigned.length > 0 ? [`${unsigned.length} records are not signed`] : []),
  ]
  const written = await reportBatch(records, { folder, settings, doubts, key }, context)
  const line = batchLine(written.marked)
  if (options.json) out(`${JSON.stringify({ version: 1, folder, ...jsonOf(written) }, null, 2)}\n`)
  else out(`${line}\n${reportsText(written, folder, settings)}`)
  return 0
}

const jsonOf = ({ files, notices, marked }: WrittenReports) => ({
  files,
  notices,
  outOf: marked.outOf,
  submissions: marked.entries.map(({ record, mark }) => ({
    submission: record.submission,
    student: record.student,
    outcome: record.outcome,
    mark,
  })),
})

interface BatchReportOptions {
  readonly folder: string
  readonly settings: GradingSettings
  /** What the instructor should know of the records themselves. */
  readonly doubts?: readonly string[]
  /** Signs what students get, where it has signed the record. */
  readonly key: SigningKey | undefined
}

/** Writes the reports of a batch, and tells GitHub where bep runs there. */
export async function reportBatch(
  records: readonly GradeRecord[],
  { folder, settings, doubts = [], key }: BatchReportOptions,
  { cwd, env, note }: CliContext,
): Promise<WrittenReports> {
  const written = await writeReports(records, { out: path.resolve(cwd, folder), settings, doubts, key })
  if (env.GITHUB_ACTIONS === 'true') {
    note(batchAnnotations(written.marked))
    if (env.GITHUB_STEP_SUMMARY) await appendFile(env.GITHUB_STEP_SUMMARY, batchMarkdown(written.marked))
  }
  return written
}

/** Where the reports are, and what is worth a look. */
export function reportsText(
  { files, notices }: WrittenReports,
  folder: string,
  settings: GradingSettings,
): string {
  const disclosure = disclosedAt(settings, new Date())
  const lines = [
    `Reports are in ${folder}: ${files.join(', ')}`,
    `Students may have ${path.join(folder, 'students')}: it tells them ${told[disclosure]}.`,
    ...notices.map(notice => `! ${printable(notice)}`),
  ]
  return `${lines.join('\n')}\n`
}

const told = {
  full: 'all about their own work',
  names: 'titles and verdicts of checks, and no more',
  rows: 'the points of each row, and no more',
  hidden: 'nothing yet',
}
