import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { writeAutograder } from '../engine/batch/autograder-folder.js'
import { gradeBatch } from '../engine/batch/batch.js'
import { markClass } from '../engine/batch/mark.js'
import { disclosedAt, studentResult } from '../engine/batch/student-result.js'
import type { Submission } from '../engine/batch/submission-list.js'
import { getProject } from '../engine/find-project.js'
import { newSeed } from '../engine/grader.js'
import { jsonText } from '../engine/json-text.js'
import { recordLine } from '../ui/batch-report.js'
import { gradescopeResults } from '../ui/gradescope.js'
import { printable } from '../ui/terminal-text.js'
import type { GradeOptions } from './grade.js'
import { settingsOf } from './grade-reports.js'
import { assertWritable, writeReport } from './report-file.js'

/** `bep grade --gradescope-autograder FOLDER`: makes what is to be uploaded to Gradescope. */
export async function makeAutograder(
  folder: string,
  options: GradeOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { cwd, out } = context
  if (options.project === undefined) {
    throw new BepError('USAGE', 'an autograder is for one project', {
      fix: 'Name it, as in `bep grade --gradescope-autograder autograder --project project-1`.',
    })
  }
  const project = getProject(options.project)
  const settings = await settingsOf(options, context)
  const files = await writeAutograder(path.resolve(cwd, folder), {
    project,
    settings,
    required: options.require,
  })
  if (options.json) out(`${JSON.stringify({ version: 1, folder, project: project.id, files }, null, 2)}\n`)
  else
    out(
      `${folder} has ${files.join(', ')}.\nNext: (cd ${folder} && zip ../autograder.zip *), and upload autograder.zip to Gradescope, on Ubuntu 22.04 or later.\n`,
    )
  return 0
}

/** As much of Gradescope's `submission_metadata.json` as bep needs. */
const metadataSchema = z.object({
  created_at: z.iso.datetime({ offset: true }),
  users: z.array(
    z.object({ id: z.union([z.number(), z.string()]), name: z.string(), email: z.string().optional() }),
  ),
})

/**
 * `bep grade --gradescope /autograder`: grades what Gradescope has put there, isolated as well as its container lets,
 * and writes `results/results.json`. After an error of ours there is none, and the exit code is 2.
 * @see https://gradescope-autograders.readthedocs.io/en/latest/specs/
 * @see https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/
 */
export async function gradeForGradescope(
  root: string,
  options: GradeOptions,
  context: CliContext,
): Promise<ExitCode> {
  const { cwd, env, interactive, signal, out, note, colors } = context
  const { isolation = 'auto', require: required, allowScripts = false, retries = 1 } = options
  const dir = path.resolve(cwd, root)
  const settings = await settingsOf(options, context)
  const file = path.join(dir, 'results', 'results.json')
  await assertWritable(file)
  // What an earlier run has left must not pass for the result of this one.
  await rm(file, { force: true })
  const work = await mkdtemp(path.join(tmpdir(), 'bep-gradescope-'))
  try {
    const { records } = await gradeBatch([await submissionIn(dir)], {
      ...{ env, interactive, signal, isolation, required, allowScripts, retries },
      project: options.project === undefined ? undefined : getProject(options.project),
      provider: options.services,
      seed: options.seed ?? newSeed(),
      seedIsFixed: true,
      jobs: 1,
      out: work,
      resume: false,
      // Gradescope keeps the result; nobody could check a signature there.
      openKey: async () => undefined,
      onNotice: line => note(`${printable(line)}\n`),
    })
    const marked = markClass(records, settings)
    const [entry] = marked.entries
    signal.throwIfAborted()
    if (!entry) throw new BepError('NO_RECORD', 'nothing came of the submission', { fix: 'Run it again.' })
    out(`${recordLine(entry.record, colors)}\n`)
    const disclosure = disclosedAt(settings, new Date())
    const { durationMs } = entry.record.results ?? {}
    const results = gradescopeResults(
      studentResult(entry, { disclosure, until: settings.until }),
      entry.mark,
      durationMs && Math.round(durationMs / 1000),
    )
    if (results === undefined) return 2
    await writeReport(file, jsonText(results))
    return 0
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function submissionIn(dir: string): Promise<Submission> {
  const text = await readFile(path.join(dir, 'submission_metadata.json'), 'utf8').catch(() => undefined)
  const source = { kind: 'folder', path: path.join(dir, 'submission') } as const
  if (text === undefined)
    return { id: 'submission', student: { id: 'submission', name: 'submission' }, source }
  let metadata: z.infer<typeof metadataSchema>
  try {
    metadata = metadataSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new BepError('METADATA_BROKEN', `${dir}/submission_metadata.json is not what Gradescope writes`, {
      fix: 'Run the autograder again.',
      cause,
    })
  }
  const { users, created_at } = metadata
  const [first] = users
  return {
    id: 'submission',
    student: {
      id: String(first?.id ?? 'submission'),
      name: users.map(({ name }) => name).join(', ') || 'submission',
      ...(first?.email !== undefined && { email: first.email }),
    },
    source,
    submittedAt: new Date(created_at),
  }
}
