import { createPublicKey } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import { type ClassStatistics, classStatistics } from '../engine/batch/class-statistics.js'
import type { GradeRecord } from '../engine/batch/grade-record.js'
import type { GradingSettings } from '../engine/batch/grading-settings.js'
import { type MarkedClass, markClass } from '../engine/batch/mark.js'
import { checkSignature, type Sign, signer, unsigned } from '../engine/batch/signature.js'
import type { SigningKey } from '../engine/batch/signing-key.js'
import { disclosedAt, studentResult } from '../engine/batch/student-result.js'
import { jsonText } from '../engine/json-text.js'
import { batchJunit } from '../ui/batch-junit.js'
import { classReport } from '../ui/class-report.js'
import { feedback } from '../ui/feedback.js'
import { assignmentName, gradebookCsv, rowsCsv } from '../ui/gradebook.js'
import { gradescopeResults } from '../ui/gradescope.js'
import { unwritable, writeReport } from './report-file.js'

interface ReportsOptions {
  /** The folder of the batch; made if need be. */
  readonly out: string
  readonly settings: GradingSettings
  /** What the instructor should know of the records themselves. */
  readonly doubts?: readonly string[]
  /** Signs what students get, where it has signed the record. */
  readonly key?: SigningKey | undefined
  /** The time by which `hidden until` is judged. */
  readonly now?: Date
}

/** What was made of the records. */
export interface WrittenReports {
  readonly marked: MarkedClass
  /** What the instructor should look at, as sentences. */
  readonly notices: readonly string[]
  /** Paths of what was written, relative to `out`. */
  readonly files: readonly string[]
}

/**
 * Writes all reports of a batch from its records. For the instructor: `gradebook.csv`, `rows.csv`, `junit.xml` and
 * `report.html`. To be handed out: `students/<submission>/`, where nothing is but what the disclosure allows. That folder
 * is made anew each time, so that no file is left of a time when more was told.
 * @throws BepError REPORT_UNWRITABLE, or OUT_TAKEN where `students` is a folder that bep did not make.
 */
export async function writeReports(
  records: readonly GradeRecord[],
  { out, settings, doubts = [], key, now = new Date() }: ReportsOptions,
): Promise<WrittenReports> {
  const marked = markClass(records, settings)
  const statistics = classStatistics(marked)
  const notices = [...doubts, ...noticesOf(marked, statistics)]
  await writeStudents(marked, { out, settings, key, now }).catch(cause =>
    Promise.reject(cause instanceof BepError ? cause : unwritable(studentsDir(out), cause)),
  )
  const instructors = {
    'gradebook.csv': gradebookCsv(marked, settings),
    'rows.csv': rowsCsv(marked),
    'junit.xml': batchJunit(marked),
    'report.html': classReport({
      title: assignmentName(marked, settings),
      marked,
      statistics,
      madeAt: now,
      notices,
    }),
  }
  for (const [name, text] of Object.entries(instructors)) await writeReport(path.join(out, name), text)
  return { marked, notices, files: [...Object.keys(instructors), 'students/'] }
}

function noticesOf({ unusedExtensions }: MarkedClass, { graders, undated }: ClassStatistics): string[] {
  const names = unusedExtensions.map(({ who }) => who)
  return [
    names.length > 0 && `The extensions of ${names.join(', ')} fit nobody in this batch.`,
    undated > 0 &&
      `Nothing tells when ${undated} of the submissions were handed in: nothing was taken for lateness.`,
    graders > 1 &&
      `They were graded by ${graders} different versions of bep, checks or settings: marks may not compare.`,
  ].filter(notice => typeof notice === 'string')
}

const mark = '.made-by-bep'

async function writeStudents(
  { entries }: MarkedClass,
  { out, settings, key, now }: Required<Omit<ReportsOptions, 'doubts'>>,
): Promise<void> {
  const dir = studentsDir(out)
  const [draft, old] = [path.join(out, '.students.new'), path.join(out, '.students.old')]
  await assertReportable(out)
  for (const leftover of [draft, old]) await rm(leftover, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  await writeFile(path.join(draft, mark), 'bep grade makes this folder anew.\n')
  const disclosure = disclosedAt(settings, now)
  for (const entry of entries) {
    const result = studentResult(entry, { disclosure, until: settings.until })
    const durationMs = entry.record.results?.durationMs
    const gradescope = gradescopeResults(result, entry.mark, durationMs && Math.round(durationMs / 1000))
    const own = path.join(draft, entry.record.submission)
    await mkdir(own)
    await writeFile(path.join(own, 'results.json'), jsonText(signLike(entry.record, key)(result)))
    await writeFile(path.join(own, 'feedback.md'), feedback(result))
    // It holds the score, whatever is disclosed.
    if (gradescope && disclosure !== 'hidden')
      await writeFile(path.join(own, 'gradescope.json'), jsonText(gradescope))
  }
  await rename(dir, old).catch(ignoreAbsent)
  await rename(draft, dir)
  await rm(old, { recursive: true, force: true })
}

/** What is made of a record has the record's own trust, and no more. */
const signLike = (record: GradeRecord, key: SigningKey | undefined): Sign =>
  key && checkSignature(record, createPublicKey(key.privateKey)) === 'valid'
    ? signer(key.privateKey)
    : unsigned

const studentsDir = (out: string) => path.join(out, 'students')

/**
 * Finds out before the work that reports cannot be written into `out`.
 * @throws BepError OUT_TAKEN where `students` in it is a folder that bep did not make.
 */
export async function assertReportable(out: string): Promise<void> {
  const dir = studentsDir(out)
  // Whatever else is wrong with `out` is told where it is written.
  const names = await readdir(dir).catch(() => undefined)
  if (names === undefined || names.length === 0 || names.includes(mark)) return
  throw new BepError('OUT_TAKEN', `${dir} holds files that bep did not write`, {
    fix: 'Name another folder with `--out`: `students` in it is made anew with each report.',
  })
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
