import { existsSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { packageRoot } from '../project-files.js'

/** Resolves packages as bep itself does. */
const bepRequire = createRequire(path.join(packageRoot, 'package.json'))

/**
 * Makes a folder below `dir`, outside of bep's own, from which bep's packages resolve, and gives its path.
 * npm may have put some packages beside bep and others above it: each of those folders gets a level.
 */
export async function linkNodeModules(dir: string): Promise<string> {
  const folders = (bepRequire.resolve.paths('koa') ?? []).filter(folder => existsSync(folder))
  let at = dir
  for (const folder of folders.reverse()) {
    at = path.join(at, 'linked')
    await mkdir(at, { recursive: true })
    await symlink(folder, path.join(at, 'node_modules'), 'junction')
  }
  return at
}
