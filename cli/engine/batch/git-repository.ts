import { isUtf8 } from 'node:buffer'
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { BepError } from '../../../fixtures/bep-error.js'
import { copyTree } from '../isolation/copy-tree.js'
import { type LeftOut, treeBudget } from '../isolation/tree-rules.js'
import { openArchiveTree } from './archive-tree.js'
import { openGit } from './git-command.js'
import { type GitSource, isBareRepository, withoutSecrets } from './git-source.js'
import { addEntries } from './tar-archive.js'

interface FetchOptions {
  /** How messages name the submission. */
  readonly what: string
  /** An empty folder for git's own files; the caller deletes it. */
  readonly scratch: string
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
}

interface FetchedCommit {
  readonly leftOut: readonly LeftOut[]
  /** When the commit says that it was made: whoever made it wrote that, and may have written anything. */
  readonly committedAt: Date | undefined
}

const fetchLimitMs = 180_000
const readLimitMs = 120_000
const commit = 'FETCH_HEAD^{commit}'

// Of the highest precedence (gitattributes(5)): whatever the tree's own say, files come as they were committed.
const plainAttributes = '* -text -ident -filter !eol !working-tree-encoding -export-ignore -export-subst\n'

/**
 * Writes the files of one commit into `into`, which must not exist. Nothing of the repository is checked out or run:
 * no hook, filter, submodule or setting of it has a say.
 * @throws BepError GIT_MISSING, GIT_UNREACHABLE, GIT_TOO_SLOW; what is the student's fault: GIT_BROKEN,
 *   GIT_REF_MISSING, ARCHIVE_UNSAFE, SUBMISSION_TOO_LARGE.
 */
export async function fetchCommit(
  source: GitSource,
  into: string,
  { what, scratch, env, signal }: FetchOptions,
): Promise<FetchedCommit> {
  const copied = await copyLocal(source.url, path.join(scratch, 'source'), { what, signal })
  const protocol = copied !== undefined ? 'file' : source.url.startsWith('https:') ? 'https' : 'ssh'
  const git = await openGit({ protocol, what, scratch, env, signal })
  const repository = path.join(scratch, 'repository')
  const here = ['--git-dir', repository]
  const options = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance']
  const { ref = 'HEAD' } = source
  const leftOut: LeftOut[] = []
  try {
    await git.run(['init', '--quiet', '--bare', '--template=', repository], readLimitMs)
    await mkdir(path.join(repository, 'info'), { recursive: true })
    await writeFile(path.join(repository, 'info', 'attributes'), plainAttributes)
    await git.run([...here, 'fetch', ...options, '--', copied ?? source.url, ref], fetchLimitMs)
    // Not `git show`, which would compare all of a first commit's tree with nothing.
    const stamp = await git.run([...here, 'rev-list', '--max-count=1', '--timestamp', commit], readLimitMs)
    const committedAt = new Date(Number.parseInt(stamp, 10) * 1000)
    // A tree can hold itself a billion times over: git must not write it before this has been counted.
    const budget = treeBudget(what)
    const list = ['ls-tree', '-r', '-z', '--long', '--full-tree', commit]
    await git.pipe([...here, ...list], readLimitMs, async stdout => {
      for await (const { mode, size, file } of listed(stdout)) {
        budget.addEntry(file)
        budget.addBytes(size)
        if (mode === '160000') leftOut.push({ file, why: 'a submodule' })
      }
    })
    const tree = await openArchiveTree(into, { what })
    await git.pipe([...here, 'archive', '--format=tar', commit], readLimitMs, stdout =>
      addEntries(tree, stdout, { what, signal }),
    )
    const isTime = committedAt.getTime() > 0
    return { leftOut: [...leftOut, ...tree.leftOut], committedAt: isTime ? committedAt : undefined }
  } catch (thrown) {
    const isGits = thrown instanceof BepError && thrown.code === 'GIT_FAILED'
    throw isGits ? explained(thrown, source, what, copied !== undefined) : thrown
  }
}

/**
 * A repository on this machine is a student's, too: its copy has no links out of it, borrows no objects of another
 * repository, and belongs to this user, so that git reads it. Undefined for one that is elsewhere.
 */
async function copyLocal(
  url: string,
  to: string,
  { what, signal }: Pick<FetchOptions, 'what' | 'signal'>,
): Promise<string | undefined> {
  const isUrl = url.startsWith('file:')
  if (!isUrl && !path.isAbsolute(url)) return undefined
  const dir = isUrl ? fileURLToPath(url) : url
  const inside = path.join(dir, '.git')
  const isWorkTree = await lstat(inside).then(
    found => found.isDirectory(),
    () => false,
  )
  if (!isWorkTree && !isBareRepository(dir)) {
    throw new BepError('GIT_UNREACHABLE', `there is no git repository in ${dir}`, {
      fix: 'Name the folder that holds `.git`, or a bare repository.',
    })
  }
  await copyTree(isWorkTree ? inside : dir, to, [], { what, signal })
  for (const borrowed of ['objects/info/alternates', 'commondir'])
    await rm(path.join(to, borrowed), { force: true })
  return to
}

interface ListedEntry {
  readonly mode: string
  readonly size: number
  readonly file: string
}

/** Reads what `git ls-tree -z --long` prints, however much. */
async function* listed(stdout: Readable): AsyncGenerator<ListedEntry> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      const line = rest.subarray(0, end)
      rest = rest.subarray(end + 1)
      const [, mode = '', size, file = ''] =
        /^(\d+) \w+ \w+ +(\d+|-)\t(.*)$/s.exec(isUtf8(line) ? line.toString() : line.toString('latin1')) ?? []
      yield { mode, size: size === '-' ? 0 : Number(size), file }
    }
  }
}

function explained(failure: BepError, { url, ref }: GitSource, what: string, isLocal: boolean): BepError {
  const where = withoutSecrets(url)
  const said = failure.message.replaceAll(url, where)
  const named =
    ref === undefined ? 'commit that its HEAD names' : `"${ref}", neither as a branch, a tag nor a commit`
  const isMissing =
    /couldn't find remote ref|not our ref|unadvertised object|bad revision|ambiguous argument|bad object|Not a valid object|expected .* to be|invalid object/i
  if (isMissing.test(said)) {
    return new BepError('GIT_REF_MISSING', `${what} (${where}) has no ${named}: ${said}`, {
      fix: 'Push the commit, or name another one behind `#`. A commit is named by all of its 40 digits.',
      cause: failure,
    })
  }
  if (isLocal) {
    return new BepError('GIT_BROKEN', `${what} (${where}) cannot be read: ${said}`, {
      fix: 'See what `git fsck` says of it.',
      cause: failure,
    })
  }
  return new BepError('GIT_UNREACHABLE', `${what} (${where}) cannot be fetched: ${said}`, {
    fix: 'Try `git ls-remote` with it. bep asks for no password: a private one needs an SSH key or a token.',
    cause: failure,
  })
}
