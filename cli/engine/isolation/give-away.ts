import { chown, lchown, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Makes a folder and all that is in it another account's. No link is followed. */
export async function giveAway(dir: string, account: number): Promise<void> {
  await chown(dir, account, account)
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  for (const entry of entries) await lchown(path.join(entry.parentPath, entry.name), account, account)
}
