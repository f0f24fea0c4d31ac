import { opendir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const everyMs = 500
const maxFiles = 300_000

/**
 * Looks again and again whether a folder that is being written grows too large.
 * @returns The way to end it.
 */
export function watchFolder(dir: string, maxBytes: number, onBreach: (what: string) => void): () => void {
  const end = new AbortController()
  const look = async () => {
    while (!end.signal.aborted) {
      await sleep(everyMs, undefined, { signal: end.signal })
      const { bytes, files } = await sizeOf(dir, maxFiles)
      if (bytes > maxBytes) onBreach(`it wrote more than ${maxBytes / 1024 / 1024} MiB`)
      if (files > maxFiles) onBreach(`it made more than ${maxFiles.toLocaleString('en')} files`)
    }
  }
  look().catch(() => undefined)
  return () => end.abort()
}

/** Space and number of the files below a folder, as far as they can be read; counting stops after `maxFiles`. */
async function sizeOf(dir: string, maxFiles: number): Promise<{ bytes: number; files: number }> {
  let bytes = 0
  let files = 0
  const folders = [dir]
  for (let folder = folders.pop(); folder !== undefined && files <= maxFiles; folder = folders.pop()) {
    const entries = await opendir(folder).catch(() => undefined)
    for await (const entry of entries ?? []) {
      files += 1
      const file = path.join(folder, entry.name)
      if (entry.isDirectory()) folders.push(file)
      else if (entry.isFile()) bytes += ((await stat(file).catch(() => undefined))?.blocks ?? 0) * 512
    }
  }
  return { bytes, files }
}
