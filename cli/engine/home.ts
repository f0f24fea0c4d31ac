import { constants } from 'node:fs'
import { access, chmod, readFile } from 'node:fs/promises'
import path from 'node:path'
import envPaths from 'env-paths'
import writeFileAtomic from 'write-file-atomic'
import { BepError } from '../../fixtures/bep-error.js'
import { makeFolder } from '../../fixtures/disk.js'

/** Raised when an older bep could no longer read what this one keeps in its home. */
const homeVersion = 1

/**
 * The folder where bep keeps learners' data, progress and caches. As root it lies below /var/lib, since
 * Postgres runs under an account that cannot enter root's own home.
 */
export function homeDir(env: NodeJS.ProcessEnv): string {
  if (env.BEP_HOME) return path.resolve(env.BEP_HOME)
  return process.getuid?.() === 0 ? '/var/lib/bep' : envPaths('bep', { suffix: '' }).data
}

/**
 * Makes the home when there is none and gives its path.
 * @throws BepError HOME_UNUSABLE when it cannot be written, HOME_NEWER when a newer bep made it.
 */
export async function openHome(env: NodeJS.ProcessEnv): Promise<string> {
  const home = homeDir(env)
  const versionFile = path.join(home, 'version')
  try {
    await makeFolder(home, 0o711)
    await access(home, constants.W_OK)
    const kept = await readFile(versionFile, 'utf8').catch(() => undefined)
    if (kept === undefined) {
      await chmod(home, 0o711)
      await writeFileAtomic(versionFile, `${homeVersion}\n`)
    } else if (Number(kept) > homeVersion) {
      throw new BepError(
        'HOME_NEWER',
        `${home} was written by a newer bep (format ${kept.trim()}; this one knows ${homeVersion})`,
        { fix: 'Update bep, or set BEP_HOME to another folder. Nothing was changed.' },
      )
    }
  } catch (cause) {
    if (cause instanceof BepError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new BepError('HOME_UNUSABLE', `bep cannot write its data folder ${home} (${code})`, {
      fix: 'Make it writable and check the free space, or set BEP_HOME to a folder that is.',
      cause,
    })
  }
  return home
}
