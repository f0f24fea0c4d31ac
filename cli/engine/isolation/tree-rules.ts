import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'

/** An entry of a submission that was not taken. */
export interface LeftOut {
  readonly file: string
  readonly why: string
}

export const maxTreeBytes = 512 * 1024 * 1024
export const maxTreeFiles = 100_000
// What systems allow is less, once it lies in a folder of a run: a path of 4,096 bytes, a name of 255.
const maxPathBytes = 1_024
const maxNameBytes = 255

/** Counts what is taken of a submission, in bytes and entries, and looks at the length of its paths. */
export interface TreeBudget {
  addEntry(file: string): void
  addBytes(bytes: number): void
}

/**
 * The budget of one submission, which is named `what` in messages.
 * @throws BepError SUBMISSION_TOO_LARGE, from its methods.
 */
export function treeBudget(what: string): TreeBudget {
  let bytes = 0
  let entries = 0
  return {
    addEntry(file) {
      entries += 1
      if (entries > maxTreeFiles) throw tooLarge(what)
      const longestName = Math.max(...file.split('/').map(name => Buffer.byteLength(name)))
      if (Buffer.byteLength(file) > maxPathBytes || longestName > maxNameBytes) {
        throw new BepError(
          'SUBMISSION_TOO_LARGE',
          `${what} holds a path of more than ${maxPathBytes.toLocaleString('en')} bytes, or a name of more than ${maxNameBytes}: ${file.slice(0, 60)}…`,
          { fix: 'Shorten the names, or nest the folders less deeply.' },
        )
      }
    },
    addBytes(more) {
      bytes += more
      if (bytes > maxTreeBytes) throw tooLarge(what)
    },
  }
}

const tooLarge = (what: string) =>
  new BepError(
    'SUBMISSION_TOO_LARGE',
    `${what} holds more than ${maxTreeBytes / 1024 / 1024} MiB or ${maxTreeFiles.toLocaleString('en')} files`,
    { fix: 'Leave out of it what its install and build commands make.' },
  )

/** What systems and version control put beside the work; nobody hands it in on purpose. */
export const isJunk = (name: string): boolean =>
  name === '__MACOSX' || name === '.DS_Store' || name === '.git' || name.startsWith('._')

export const whyLinkLeftOut = (leads: string): string =>
  `a link that leads out of the submission, to ${leads}`
export const whyKindLeftOut = 'neither a file nor a folder'
export const whyNameLeftOut = 'its name is not UTF-8'

/**
 * Whether a link in this folder leads to somewhere in the tree. Its words tell, also where it passes through other
 * links: `..` may only be at its beginning, where it counts real folders.
 */
export function staysInside(folder: string, leads: string): boolean {
  const where = path.normalize(path.join(folder, leads))
  if (path.isAbsolute(leads) || where === '..' || where.startsWith(`..${path.sep}`)) return false
  const names = leads.split(/[\\/]/).filter(name => name !== '' && name !== '.')
  return (
    names.lastIndexOf('..') < names.findIndex(name => name !== '..') || !names.some(name => name !== '..')
  )
}
