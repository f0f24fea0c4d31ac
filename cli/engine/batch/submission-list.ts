import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { nameOfArchive } from './archive-name.js'
import { isBareRepository, withoutSecrets } from './git-source.js'
import { readRoster } from './roster.js'
import { hasWorkspace, listFolder } from './submission-folder.js'
import { safeName, uniqueNames } from './submission-names.js'
import { findSource, type SubmissionSource, sourceName, statOf } from './submission-source.js'

/** Who handed something in: as much as the roster tells, named as in Canvas's gradebook. */
export interface Student {
  /** Canvas's `ID`, or the submission's own name where there is no roster. */
  readonly id: string
  readonly name: string
  readonly sisUserId?: string | undefined
  readonly sisLoginId?: string | undefined
  readonly section?: string | undefined
  readonly email?: string | undefined
}

/** One entry of a batch; nothing of it has been read or run yet. */
export interface Submission {
  /** Unique in the batch and safe as the name of a folder: `[A-Za-z0-9._-]+`, never `.` or `..`. */
  readonly id: string
  readonly student: Student
  readonly source: SubmissionSource
  /** When it was handed in, if the roster or an export tells; never when it was graded. */
  readonly submittedAt?: Date | undefined
}

/** A submission without the name that makes it unique. */
export type ListedSubmission = Omit<Submission, 'id'> & {
  /** What its name in the batch is made of. */
  readonly label: string
  /** The student's id is one of a roster or an export; otherwise there is nothing but names, which may be alike. */
  readonly isRegistered: boolean
}

export interface SubmissionList {
  readonly submissions: readonly Submission[]
  /** What was not taken for a submission, or got another name, and why. */
  readonly notices: readonly string[]
}

interface ListOptions {
  /** Where relative paths begin. */
  readonly cwd: string
  /** A folder that is no submission, wherever it lies. */
  readonly without?: string | undefined
}

/**
 * The submissions that paths name: workspaces, folders of submissions, archives, repositories as URL or path (with
 * `#ref`), rosters (`.csv`). Only names are looked at, besides rosters and what an export tells of itself.
 * @throws BepError BATCH_PATH_UNKNOWN, NO_SUBMISSIONS, STUDENT_TWICE, GIT_URL_REFUSED, those of `readRoster`.
 */
export async function listSubmissions(
  paths: readonly string[],
  options: ListOptions,
): Promise<SubmissionList> {
  const notices: string[] = []
  const listed: ListedSubmission[] = []
  for (const name of paths) listed.push(...(await listPath(name, options, notices)))
  if (listed.length === 0) {
    throw new BepError('NO_SUBMISSIONS', `there is no submission in ${paths.join(', ')}`, {
      fix: 'Name a folder that holds one folder, archive or bare repository for each student, or a roster.',
    })
  }
  refuseTwice(listed)
  const ids = uniqueNames(listed.map(({ label }) => safeName(label)))
  const submissions = listed.map(({ label, isRegistered: _, ...submission }, at) => {
    const id = ids[at] ?? label
    if (id !== safeName(label))
      notices.push(`${sourceName(submission.source)} is called ${id}: ${safeName(label)} is taken`)
    return { id, ...submission }
  })
  return { submissions, notices }
}

async function listPath(
  name: string,
  { cwd, without }: ListOptions,
  notices: string[],
): Promise<ListedSubmission[]> {
  const file = path.resolve(cwd, name)
  const found = statOf(file)
  if (found?.isFile() && /\.csv$/i.test(file)) return readRoster(file)
  if (found?.isDirectory() && !hasWorkspace(file) && !isBareRepository(file))
    return listFolder(file, { notices, without })
  const source = findSource(name, cwd)
  if (source === undefined) throw unknownPath(name, file)
  const label = source.kind === 'git' ? repositoryName(source.url) : nameOfArchive(path.basename(source.path))
  return [{ label, isRegistered: false, student: { id: label, name: label }, source }]
}

const repositoryName = (url: string) => path.posix.basename(url.replace(/[/\\]+$/, '')).replace(/\.git$/, '')

/** One student, two submissions: which one counts is not for bep to say. */
function refuseTwice(listed: readonly ListedSubmission[]): void {
  const known = new Map<string, ListedSubmission>()
  for (const submission of listed) {
    const { student, isRegistered, source } = submission
    if (!isRegistered) continue
    const before = known.get(student.id)
    if (before) {
      throw new BepError(
        'STUDENT_TWICE',
        `student ${student.id} (${student.name}) has two submissions: ${sourceName(before.source)} and ${sourceName(source)}`,
        { fix: 'Take away the one that does not count.' },
      )
    }
    known.set(student.id, submission)
  }
}

const unknownPath = (name: string, file: string) =>
  new BepError(
    'BATCH_PATH_UNKNOWN',
    statOf(file) === undefined ? `there is nothing at ${file}` : `${file} is no submission`,
    {
      fix: `Name a folder, an archive (.zip, .tar, .tar.gz, .tgz), a repository or a roster (.csv) instead of "${withoutSecrets(name)}".`,
    },
  )
