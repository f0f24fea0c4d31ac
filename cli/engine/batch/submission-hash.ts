import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'

/**
 * SHA-256 in hex over the paths, the bytes and the executable bit of all files below `dir`, and over what its links
 * lead to. Neither times, owners, the order on disk nor empty folders have a part in it: the same work has the same
 * hash, whether it came as a folder, an archive or a repository.
 */
export async function submissionHash(dir: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await filesBelow(dir)).sort(byBytes)) {
    signal?.throwIfAborted()
    const place = path.join(dir, file)
    const found = await lstat(place)
    // Neither a path nor a number holds a NUL: no two trees read the same.
    if (found.isSymbolicLink()) hash.update(`link\0${file}\0${await readlink(place)}\0`)
    else {
      hash.update(`${found.mode & 0o111 ? 'program' : 'file'}\0${file}\0${found.size}\0`)
      for await (const chunk of createReadStream(place)) hash.update(chunk as Buffer)
    }
  }
  return hash.digest('hex')
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

async function filesBelow(dir: string): Promise<string[]> {
  const files: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(path.join(dir, folder), { withFileTypes: true })) {
      const file = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) folders.push(file)
      else files.push(file)
    }
  }
  return files
}
