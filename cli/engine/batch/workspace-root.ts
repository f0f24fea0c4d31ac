import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { isJunk } from '../isolation/tree-rules.js'
import { settingsFile } from '../workspace.js'

const maxLevels = 4
const maxFolders = 1_000
const maxSettingsBytes = 64 * 1024

/**
 * The folder with `bep.yml`: `dir` itself, or the only one such in the folders that wrap it, three levels down at
 * most. No link is followed.
 * @throws BepError SUBMISSION_WITHOUT_WORKSPACE, SUBMISSION_AMBIGUOUS or SETTINGS_BROKEN.
 */
export async function findWorkspaceRoot(dir: string, what: string): Promise<string> {
  let level = [dir]
  let looked = 0
  for (let depth = 0; depth < maxLevels && level.length > 0; depth += 1) {
    const found: string[] = []
    for (const folder of level) if (await hasSettings(folder, dir, what)) found.push(folder)
    const [root, other] = found
    if (root !== undefined && other !== undefined) throw ambiguous(what, dir, found)
    if (root !== undefined) return root
    const next: string[] = []
    for (const folder of level) {
      looked += 1
      if (looked > maxFolders) break
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const isWrapper = entry.isDirectory() && !isJunk(entry.name) && entry.name !== 'node_modules'
        if (isWrapper) next.push(path.join(folder, entry.name))
      }
    }
    level = next.slice(0, maxFolders)
  }
  throw new BepError(
    'SUBMISSION_WITHOUT_WORKSPACE',
    `there is no ${settingsFile} in ${what}, nor in the folders up to ${maxLevels - 1} levels below`,
    { fix: `Hand in the folder with ${settingsFile}: the one that \`bep start\` made.` },
  )
}

async function hasSettings(folder: string, dir: string, what: string): Promise<boolean> {
  const file = path.join(folder, settingsFile)
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (found === undefined) return false
  const name = path.relative(dir, file)
  const broken = (why: string) =>
    new BepError('SETTINGS_BROKEN', `${name} in ${what} ${why}`, { fix: 'Write it as `bep start` does.' })
  if (!found.isFile()) throw broken('is no plain file')
  if (found.size > maxSettingsBytes) throw broken(`is larger than ${maxSettingsBytes / 1024} KiB`)
  return true
}

const ambiguous = (what: string, dir: string, found: readonly string[]) =>
  new BepError(
    'SUBMISSION_AMBIGUOUS',
    `${what} holds more than one ${settingsFile}: ${found
      .slice(0, 3)
      .map(folder => path.relative(dir, path.join(folder, settingsFile)))
      .join(', ')}${found.length > 3 ? ', …' : ''}`,
    { fix: 'Hand in one workspace alone.' },
  )
