import { type Dirent, lstatSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isJunk } from '../isolation/tree-rules.js'
import { settingsFile } from '../workspace.js'
import { archiveKind, nameOfArchive } from './archive-name.js'
import { exportedName, isOnlineText } from './export-names.js'
import { isBareRepository } from './git-source.js'
import { gradescopeFile, readGradescope } from './gradescope-export.js'
import type { ListedSubmission } from './submission-list.js'
import type { SubmissionSource } from './submission-source.js'

export const hasWorkspace = (dir: string): boolean =>
  lstatSync(path.join(dir, settingsFile), { throwIfNoEntry: false }) !== undefined

/**
 * The submissions that lie in a folder, by name: each child that is a folder, an archive or a bare repository. What is
 * none of them is said in `notices`, but for what is hidden; and what is only known to have been late.
 * @throws BepError EXPORT_BROKEN
 */
export async function listFolder(
  dir: string,
  { notices, without }: { readonly notices: string[]; readonly without?: string | undefined },
): Promise<ListedSubmission[]> {
  const gradescope = await readGradescope(dir)
  const entries = await readdir(dir, { withFileTypes: true })
  const listed: ListedSubmission[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry
    if (name.startsWith('.') || isJunk(name) || name === gradescopeFile) continue
    if (path.join(dir, name) === without) continue
    const source = await sourceOf(dir, entry)
    if (typeof source === 'string') {
      notices.push(`${path.join(dir, name)} is left out: ${source}`)
      continue
    }
    const known = gradescope?.get(name)
    if (known) {
      const { students, submittedAt } = known
      listed.push(
        ...students.map(student => ({ label: student.id, isRegistered: true, student, source, submittedAt })),
      )
      continue
    }
    const label = nameOfArchive(name)
    const exported = exportedName(name)
    listed.push({
      label: exported ? `${exported.name}-${exported.id}` : label,
      isRegistered: exported !== undefined,
      student: { id: exported?.id ?? label, name: exported?.name ?? label },
      source,
    })
    if (exported?.isMarkedLate) {
      notices.push(`${name} was late, says its name, but not when it came: a roster with submitted_at does`)
    }
  }
  return listed
}

/** Where the submission is, or why there is none. */
async function sourceOf(dir: string, entry: Dirent): Promise<SubmissionSource | string> {
  const file = path.join(dir, entry.name)
  if (entry.isSymbolicLink()) return 'a link; name what it leads to instead'
  if (isOnlineText(entry.name)) return 'text that was typed in'
  if (entry.isFile()) {
    const kind = archiveKind(entry.name)
    return kind ? { kind, path: file } : 'neither a folder nor an archive (.zip, .tar, .tar.gz, .tgz)'
  }
  if (!entry.isDirectory()) return 'neither a folder nor an archive'
  if (isBareRepository(file)) return { kind: 'git', url: file }
  // As Moodle's export has it: the folder is the student's, and the archive in it is what was handed in.
  const inside = await readdir(file, { withFileTypes: true })
  const [only, other] = inside.filter(({ name }) => !name.startsWith('.') && !isJunk(name))
  const kind = only?.isFile() && other === undefined ? archiveKind(only.name) : undefined
  return only && kind ? { kind, path: path.join(file, only.name) } : { kind: 'folder', path: file }
}
