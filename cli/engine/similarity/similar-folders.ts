import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Project } from '../../../projects/catalog.js'
import { baseTemplateDir, templateDir } from '../project-files.js'
import { readWorkspace, settingsFile } from '../workspace.js'
import { type ComparedSubmission, compareSubmissions, type SimilarityOptions } from './compare-submissions.js'
import type { SimilarityReport } from './report.js'
import { readSources, type SourceFile } from './source-files.js'

/** A submission's files, wherever they came from. */
export interface SubmissionFolder {
  /** Unique among those compared. */
  readonly id: string
  readonly dir: string
}

export interface FolderOptions extends Omit<SimilarityOptions, 'starter'> {
  /** Folders with code that everybody was given, besides the starters of the projects that the folders name. */
  readonly bases: readonly string[]
  /** The project of all of them; by default each folder's bep.yml says. */
  readonly project?: Project | undefined
}

export interface Similarity {
  readonly report: SimilarityReport
  /** The text of a file that the report names. */
  readonly sourceOf: (id: string, file: string) => string
}

/**
 * Compares the sources of these submissions. They are read and never run.
 * @throws BepError SUBMISSIONS_TOO_FEW
 */
export async function similarityOf(
  folders: readonly SubmissionFolder[],
  options: FolderOptions,
): Promise<Similarity> {
  if (folders.length < 2) {
    throw new BepError(
      'SUBMISSIONS_TOO_FEW',
      `there is nothing to compare: ${folders.length} submission(s) found`,
      {
        fix: 'Name a folder with a folder for each submission, or several submissions.',
      },
    )
  }
  const submissions: ComparedSubmission[] = []
  const projects = new Map<string, Project>()
  for (const { id, dir } of folders) {
    options.onStep?.(`reading ${id}`)
    submissions.push({ id, ...(await readSources(dir, options.signal)) })
    const project = options.project ?? (await projectOf(dir))
    if (project) projects.set(project.id, project)
  }
  const given = [...options.bases, ...starterDirs([...projects.values()])]
  const starter: SourceFile[] = []
  for (const dir of given) starter.push(...(await readSources(dir, options.signal)).sources)
  const report = await compareSubmissions(submissions, { ...options, starter })
  const texts = new Map(
    submissions.map(({ id, sources }) => [id, new Map(sources.map(({ file, text }) => [file, text]))]),
  )
  return { report, sourceOf: (id, file) => texts.get(id)?.get(file) ?? '' }
}

const starterDirs = (projects: readonly Project[]) =>
  projects.length === 0 ? [] : [baseTemplateDir, ...projects.map(templateDir)]

// What a submission says of itself may be wrong in every way.
const projectOf = (dir: string): Promise<Project | undefined> =>
  readWorkspace(dir).then(
    ({ project }) => project,
    () => undefined,
  )

/**
 * The submissions that these paths name: a folder with a `bep.yml` is one, another folder holds one in each of its
 * folders.
 * @throws BepError SUBMISSION_NOT_FOUND
 */
export async function submissionFolders(paths: readonly string[]): Promise<readonly SubmissionFolder[]> {
  const found: SubmissionFolder[] = []
  for (const named of paths) {
    if (existsSync(path.join(named, settingsFile))) {
      found.push({ id: path.basename(path.resolve(named)), dir: named })
      continue
    }
    const entries = await readdir(named, { withFileTypes: true }).catch(cause => {
      throw new BepError('SUBMISSION_NOT_FOUND', `cannot read the folder ${named} (${cause.code})`, {
        fix: 'Name folders that exist.',
        cause,
      })
    })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        found.push({ id: entry.name, dir: path.join(named, entry.name) })
  }
  const names = new Set<string>()
  return found.map(({ id, dir }) => {
    let name = id
    for (let n = 2; names.has(name); n++) name = `${id}-${n}`
    names.add(name)
    return { id: name, dir }
  })
}
