import { rm } from 'node:fs/promises'
import path from 'node:path'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import type { Project } from '../../../projects/catalog.js'
import { fetchSubmission } from '../batch/fetch-submission.js'
import type { Submission } from '../batch/submission-list.js'
import { sourceName } from '../batch/submission-source.js'
import { baseTemplateDir, templateDir } from '../project-files.js'
import { readWorkspace } from '../workspace.js'
import { type ComparedSubmission, compareSubmissions, type SimilarityOptions } from './compare-submissions.js'
import type { SimilarityReport } from './report.js'
import { readSources, type SourceFile } from './source-files.js'

export interface SubmissionsOptions extends Omit<SimilarityOptions, 'starter'> {
  readonly run: Run
  readonly env: NodeJS.ProcessEnv
  /** Folders with code that everybody was given, besides the starters of the projects that the submissions name. */
  readonly bases: readonly string[]
  /** The project of all of them; by default each bep.yml says. */
  readonly project?: Project | undefined
  readonly onNotice: (line: string) => void
}

export interface Similarity {
  readonly report: SimilarityReport
  /** The text of a file that the report names. */
  readonly sourceOf: (id: string, file: string) => string
}

/**
 * Compares the sources of these submissions. They are read and never run; what cannot be read is left out with a
 * notice. One that several students handed in together is compared once.
 * @throws BepError SUBMISSIONS_TOO_FEW
 */
export async function similarityOf(
  submissions: readonly Submission[],
  options: SubmissionsOptions,
): Promise<Similarity> {
  const { signal, onStep, onNotice } = options
  const compared: ComparedSubmission[] = []
  const projects = new Map<string, Project>()
  for (const submission of oneEach(submissions)) {
    signal?.throwIfAborted()
    onStep?.(`reading ${submission.id}`)
    try {
      const { project, ...read } = await withFiles(submission, options, async dir => ({
        project: options.project ?? (await projectOf(dir)),
        ...(await readSources(dir, signal)),
      }))
      compared.push({ id: submission.id, ...read })
      if (project) projects.set(project.id, project)
    } catch (thrown) {
      signal?.throwIfAborted()
      if (!(thrown instanceof BepError)) throw thrown
      onNotice(`${submission.id} is not compared: ${messageOf(thrown)}`)
    }
  }
  if (compared.length < 2) {
    const found = compared.length === 1 ? 'only one submission' : 'no submission'
    throw new BepError('SUBMISSIONS_TOO_FEW', `there is nothing to compare: ${found} can be read`, {
      fix: 'Name a folder with a folder or an archive for each submission, or several submissions.',
    })
  }
  const given = projects.size === 0 ? [] : [baseTemplateDir, ...[...projects.values()].map(templateDir)]
  const starter: SourceFile[] = []
  for (const dir of [...options.bases, ...given]) starter.push(...(await readSources(dir, signal)).sources)
  const report = await compareSubmissions(compared, { ...options, starter })
  const texts = new Map(
    compared.map(({ id, sources }) => [id, new Map(sources.map(({ file, text }) => [file, text]))]),
  )
  return { report, sourceOf: (id, file) => texts.get(id)?.get(file) ?? '' }
}

function oneEach(submissions: readonly Submission[]): readonly Submission[] {
  const known = new Set<string>()
  return submissions.filter(({ source }) => {
    const name = sourceName(source)
    if (source.kind === 'missing' || known.has(name)) return false
    known.add(name)
    return true
  })
}

/** Does the work with a submission's files in a folder. A folder is read where it lies, whatever is in it. */
async function withFiles<Made>(
  submission: Submission,
  { run, env, signal }: Pick<SubmissionsOptions, 'run' | 'env' | 'signal'>,
  work: (dir: string) => Promise<Made>,
): Promise<Made> {
  if (submission.source.kind === 'folder') return work(submission.source.path)
  const into = path.join(run.dir, 'compared')
  try {
    return await work((await fetchSubmission(submission, into, { env, signal })).dir)
  } finally {
    await rm(into, { recursive: true, force: true })
  }
}

// What a submission says of itself may be wrong in every way.
const projectOf = (dir: string): Promise<Project | undefined> =>
  readWorkspace(dir).then(
    ({ project }) => project,
    () => undefined,
  )
