import { lstat, mkdir, realpath, rm } from 'node:fs/promises'
import path from 'node:path'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import { asDiskError } from '../../../fixtures/disk.js'
import { copyTree } from '../isolation/copy-tree.js'
import type { LeftOut } from '../isolation/tree-rules.js'
import { madeByInstall, readWorkspace } from '../workspace.js'
import { fetchCommit } from './git-repository.js'
import { submissionHash } from './submission-hash.js'
import type { Submission } from './submission-list.js'
import { unpackTar } from './tar-archive.js'
import { findWorkspaceRoot } from './workspace-root.js'
import { unpackZip } from './zip-archive.js'

/** What was handed in, as plain files that nothing has run yet. */
export interface FetchedSubmission {
  /** The workspace: `bep.yml` is at its top. */
  readonly dir: string
  /** See `submissionHash`. */
  readonly hash: string
  /**
   * What the batch says, else when the commit of a repository says that it was made. Students write that date
   * themselves: who goes by deadlines takes the times of a roster.
   */
  readonly submittedAt: Date | undefined
  /** What was not taken, and why; where that is a lot, the first hundred. */
  readonly leftOut: readonly LeftOut[]
}

interface FetchOptions {
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
}

/**
 * Copies, unpacks or fetches a submission into the folder `into`, which must not exist while its parent does; it is
 * the caller's. On an error nothing is left.
 * @throws BepError; `isStudentsFault` tells whose fault it is. Ours are SUBMISSION_GONE, SUBMISSION_UNREADABLE,
 *   GIT_MISSING, GIT_UNREACHABLE, GIT_TOO_SLOW, DISK_FULL.
 */
export async function fetchSubmission(
  submission: Submission,
  into: string,
  { env, signal }: FetchOptions,
): Promise<FetchedSubmission> {
  const { source, id: what } = submission
  if (source.kind === 'missing') throw new Error(`nothing was submitted as ${what}`)
  const scratch = `${into}.part`
  const unpacked = path.join(scratch, 'files')
  let committedAt: Date | undefined
  const leftOut: LeftOut[] = []
  try {
    await mkdir(scratch, { mode: 0o755 })
    let from = unpacked
    if (source.kind === 'git') {
      const fetched = await fetchCommit(source, unpacked, { what, scratch, env, signal })
      committedAt = fetched.committedAt
      leftOut.push(...fetched.leftOut)
    } else {
      const place = await findSource(source.path, what)
      if (source.kind === 'zip') leftOut.push(...(await unpackZip(place, unpacked, { what, signal })))
      else if (source.kind === 'tar') leftOut.push(...(await unpackTar(place, unpacked, { what, signal })))
      else from = place
    }
    const root = await findWorkspaceRoot(from, what)
    // Broken settings are for whoever grades it to tell.
    const settings = await readWorkspace(root).catch(() => undefined)
    const made = settings ? madeByInstall(settings) : []
    leftOut.push(...(await copyTree(root, into, made, { what, signal })))
    return {
      dir: into,
      hash: await submissionHash(into, signal),
      submittedAt: submission.submittedAt ?? committedAt,
      leftOut: shortened(leftOut),
    }
  } catch (thrown) {
    await rm(into, { recursive: true, force: true })
    throw unreadable(thrown, scratch, what) ?? asDiskError(thrown, into)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const maxLeftOut = 100

const shortened = (leftOut: readonly LeftOut[]): readonly LeftOut[] =>
  leftOut.length <= maxLeftOut
    ? leftOut
    : [...leftOut.slice(0, maxLeftOut), { file: '…', why: `${leftOut.length - maxLeftOut} more` }]

/** An error of the file system on the side of the submission; one of the run's own folder is another matter. */
function unreadable(thrown: unknown, scratch: string, what: string): BepError | undefined {
  const { code = '', path: file = scratch } = thrown as NodeJS.ErrnoException
  if (!['EACCES', 'EPERM', 'ENOENT', 'EIO'].includes(code) || file.startsWith(path.dirname(scratch)))
    return undefined
  return new BepError('SUBMISSION_UNREADABLE', `${what} cannot be read: ${messageOf(thrown)}`, {
    fix: 'Make it readable to this account, and run it again with --resume.',
    cause: thrown,
  })
}

async function findSource(file: string, what: string): Promise<string> {
  try {
    const place = await realpath(file)
    await lstat(place)
    return place
  } catch (cause) {
    throw new BepError('SUBMISSION_GONE', `${what} is no longer at ${file}`, {
      fix: 'Put it back, and run it again with --resume.',
      cause,
    })
  }
}
