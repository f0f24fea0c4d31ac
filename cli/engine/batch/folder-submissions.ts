import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { copyTree, type LeftOut } from '../isolation/copy-tree.js'
import { settingsFile } from '../workspace.js'
import type { Submission } from './submission-list.js'

/** A submission that lies ready to be read. */
export interface FetchedSubmission {
  readonly dir: string
  readonly hash: string
  readonly submittedAt?: Date | undefined
  readonly leftOut: readonly LeftOut[]
}

/** The submissions in these folders: each is one itself, or holds one in every folder of its own. */
export async function listSubmissions(
  paths: readonly string[],
  { cwd }: { readonly cwd: string },
): Promise<readonly Submission[]> {
  const found: Submission[] = []
  for (const named of paths) {
    const dir = path.resolve(cwd, named)
    const entries = await readdir(dir, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new BepError('SUBMISSIONS_UNREADABLE', `cannot read ${dir} (${cause.code})`, {
        fix: 'Name a folder of submissions.',
        cause,
      })
    })
    const dirs = entries.some(({ name }) => name === settingsFile)
      ? [dir]
      : entries.filter(entry => entry.isDirectory()).map(entry => path.join(dir, entry.name))
    for (const at of dirs.sort()) {
      const name = path.basename(at)
      const id = name.replaceAll(/[^A-Za-z0-9._-]/g, '_')
      found.push({ id, student: { id, name }, source: { kind: 'folder', path: at } })
    }
  }
  return found
}

/** Copies a submission to `into`. */
export async function fetchSubmission(
  submission: Submission,
  into: string,
  _options: { readonly signal: AbortSignal; readonly env: NodeJS.ProcessEnv },
): Promise<FetchedSubmission> {
  if (submission.source.kind !== 'folder') throw new Error('folders only')
  const leftOut = await copyTree(submission.source.path, into, [])
  return { dir: into, hash: await hashOf(into), leftOut }
}

export const isStudentsFault = (error: unknown): boolean =>
  error instanceof BepError && error.code === 'SUBMISSION_TOO_LARGE'

async function hashOf(dir: string): Promise<string> {
  const hash = createHash('sha256')
  const files = (await readdir(dir, { recursive: true })).sort()
  for (const file of files) {
    const at = path.join(dir, file)
    const found = await lstat(at)
    hash.update(`${file}\0${found.isDirectory() ? 'd' : found.isSymbolicLink() ? 'l' : 'f'}\0`)
    if (found.isSymbolicLink()) hash.update(await readlink(at))
    else if (found.isFile()) for await (const chunk of createReadStream(at)) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}
