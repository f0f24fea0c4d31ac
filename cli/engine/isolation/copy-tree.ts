import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, opendir, readlink, symlink } from 'node:fs/promises'
import path from 'node:path'
import {
  isJunk,
  type LeftOut,
  staysInside,
  treeBudget,
  whyKindLeftOut,
  whyLinkLeftOut,
  whyNameLeftOut,
} from './tree-rules.js'

interface CopyOptions {
  /** How messages name it; as its folder by default. */
  readonly what?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Copies files, folders and the links that stay inside, so that every account can read them; `to` must not exist.
 * No link is followed. Left out without a word are `.bep`, the entries `without` at the top, and what nobody hands
 * in on purpose.
 * @throws BepError SUBMISSION_TOO_LARGE
 */
export async function copyTree(
  from: string,
  to: string,
  without: readonly string[],
  { what = from, signal }: CopyOptions = {},
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = []
  const budget = treeBudget(what)
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await mkdir(path.join(to, folder))
    await chmod(path.join(to, folder), 0o755)
    for await (const { name } of await opendir(path.join(from, folder))) {
      signal?.throwIfAborted()
      if (isJunk(name) || (folder === '' && (name === '.bep' || without.includes(name)))) continue
      const file = path.join(folder, name)
      const [source, target] = [path.join(from, file), path.join(to, file)]
      budget.addEntry(file)
      const found = await lstat(source).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' && name.includes('\ufffd')) return undefined
        throw error
      })
      if (found === undefined) leftOut.push({ file, why: whyNameLeftOut })
      else if (found.isDirectory()) folders.push(file)
      else if (found.isFile()) {
        budget.addBytes(found.size)
        await copyFile(source, target, constants.COPYFILE_FICLONE)
        await chmod(target, found.mode & 0o111 ? 0o755 : 0o644)
      } else if (found.isSymbolicLink()) {
        const leads = await readlink(source)
        if (staysInside(folder, leads)) await symlink(leads, target)
        else leftOut.push({ file, why: whyLinkLeftOut(leads) })
      } else leftOut.push({ file, why: whyKindLeftOut })
    }
  }
  return leftOut
}
