import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, opendir, readlink, symlink } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'

/** An entry of a submission that was not copied. */
export interface LeftOut {
  readonly file: string
  readonly why: string
}

const maxBytes = 512 * 1024 * 1024
const maxFiles = 100_000
const neverCopied = new Set(['.git', '.bep'])

/**
 * Copies files, folders and the links that stay inside, so that every account can read them; `to` must not exist.
 * No link is followed.
 * @throws BepError SUBMISSION_TOO_LARGE
 */
export async function copyTree(from: string, to: string, without: readonly string[]): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = []
  let bytes = 0
  let files = 0
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await mkdir(path.join(to, folder))
    await chmod(path.join(to, folder), 0o755)
    for await (const { name } of await opendir(path.join(from, folder))) {
      if (folder === '' && (neverCopied.has(name) || without.includes(name))) continue
      const file = path.join(folder, name)
      const [source, target] = [path.join(from, file), path.join(to, file)]
      const found = await lstat(source)
      files += 1
      bytes += found.isFile() ? found.size : 0
      if (bytes > maxBytes || files > maxFiles) throw tooLarge(from)
      if (found.isDirectory()) folders.push(file)
      else if (found.isFile()) {
        await copyFile(source, target, constants.COPYFILE_FICLONE)
        await chmod(target, found.mode & 0o111 ? 0o755 : 0o644)
      } else if (found.isSymbolicLink()) {
        const leads = await readlink(source)
        if (staysInside(folder, leads)) await symlink(leads, target)
        else leftOut.push({ file, why: `a link that leads out of the submission, to ${leads}` })
      } else leftOut.push({ file, why: 'neither a file nor a folder' })
    }
  }
  return leftOut
}

/** By its words alone; who reads through a link must still look where it really leads. */
function staysInside(folder: string, leads: string): boolean {
  const where = path.normalize(path.join(folder, leads))
  return !path.isAbsolute(leads) && where !== '..' && !where.startsWith(`..${path.sep}`)
}

const tooLarge = (dir: string) =>
  new BepError(
    'SUBMISSION_TOO_LARGE',
    `${dir} holds more than ${maxBytes / 1024 / 1024} MiB or ${maxFiles.toLocaleString('en')} files`,
    { fix: 'Leave out of it what its install and build commands make.' },
  )
