import { createWriteStream } from 'node:fs'
import { chmod, copyFile, mkdir, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { BepError } from '../../../fixtures/bep-error.js'
import {
  isJunk,
  type LeftOut,
  staysInside,
  treeBudget,
  whyKindLeftOut,
  whyLinkLeftOut,
  whyNameLeftOut,
} from '../isolation/tree-rules.js'

/** Takes the entries of one archive, in its order, and writes those that are safe below a folder. */
export interface ArchiveTree {
  readonly leftOut: readonly LeftOut[]
  addFolder(name: string): Promise<void>
  /** `bytes` is read to its end, or not at all. */
  addFile(name: string, file: ArchivedFile): Promise<void>
  addLink(name: string, leads: string): Promise<void>
  /** Another name of a file that came before, as tar keeps hard links. */
  addCopy(name: string, of: string): Promise<void>
  /** An entry that is nothing of these. */
  leaveOut(name: string, why?: string): void
}

interface ArchivedFile {
  readonly isExecutable: boolean
  /** As the archive says, before a byte is read. */
  readonly declaredBytes: number
  readonly bytes: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>
}

interface TreeOptions {
  /** How messages name the archive. */
  readonly what: string
  /** Where it is compressed, how large it is: what grows to more than 200 times of that is a bomb. */
  readonly packedBytes?: number | undefined
}

interface Taken {
  readonly path: string
  readonly kind: 'folder' | 'file' | 'link'
}

const maxGrowth = 200
const alwaysAllowedBytes = 32 * 1024 * 1024

/**
 * An empty tree in the folder `dir`, which it makes. Nothing is ever written outside, through a link or twice, and
 * no mode but "executable" is kept.
 * @throws BepError ARCHIVE_UNSAFE or SUBMISSION_TOO_LARGE, from its methods.
 */
export async function openArchiveTree(dir: string, { what, packedBytes }: TreeOptions): Promise<ArchiveTree> {
  await mkdir(dir, { mode: 0o755 })
  const leftOut: LeftOut[] = []
  const budget = treeBudget(what)
  // Keyed as a file system that ignores case would.
  const taken = new Map<string, Taken>()
  const keyOf = (file: string) => file.normalize('NFC').toLowerCase()
  const unsafe = (why: string) => unsafeArchive(what, why)
  const growthLimit =
    packedBytes === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(alwaysAllowedBytes, maxGrowth * packedBytes)
  let bytesTaken = 0
  const grow = (bytes: number) => {
    bytesTaken += bytes
    if (bytesTaken > growthLimit) throw unsafe(`it unpacks to more than ${maxGrowth} times its size`)
    budget.addBytes(bytes)
  }

  const take = async (file: string, kind: Taken['kind']): Promise<boolean> => {
    budget.addEntry(file)
    const parent = path.posix.dirname(file)
    if (parent !== '.' && !taken.has(keyOf(parent))) await take(parent, 'folder')
    const inFolder = parent === '.' ? undefined : taken.get(keyOf(parent))
    if (inFolder !== undefined && inFolder.kind !== 'folder') {
      throw unsafe(`"${file}" would be written through "${inFolder.path}", which is a ${inFolder.kind}`)
    }
    const before = taken.get(keyOf(file)) ?? (inFolder && inFolder.path !== parent ? inFolder : undefined)
    if (before?.path === file && before.kind === 'folder' && kind === 'folder') return false
    if (before?.path === file) throw unsafe(`it holds "${file}" twice`)
    if (before) throw unsafe(`"${before.path}" and "${file}" are one name where case does not count`)
    taken.set(keyOf(file), { path: file, kind })
    if (kind === 'folder') await mkdir(path.join(dir, file), { mode: 0o755 })
    return true
  }

  /** The name as a path below `dir`, or undefined where the entry is not to be taken. */
  const placeOf = (name: string): string | undefined => {
    if (name.includes('\0')) throw unsafe('a name in it holds a NUL')
    if (name.includes('\\')) throw unsafe(`the name "${name}" holds a backslash`)
    if (name.startsWith('/') || /^[a-z]:/i.test(name)) throw unsafe(`the path "${name}" is absolute`)
    const names = name.split('/').filter(part => part !== '' && part !== '.')
    if (names.includes('..')) throw unsafe(`the path "${name}" leads out of it`)
    const file = names.join('/')
    if (file === '' || names.some(isJunk)) return undefined
    if (!file.includes('\ufffd')) return file
    leaveOut(file, whyNameLeftOut)
    return undefined
  }
  const leaveOut = (file: string, why: string) => {
    budget.addEntry(file)
    leftOut.push({ file, why })
  }

  return {
    leftOut,
    async addFolder(name) {
      const file = placeOf(name)
      if (file !== undefined) await take(file, 'folder')
    },
    async addFile(name, { isExecutable, declaredBytes, bytes }) {
      const file = placeOf(name)
      if (file === undefined) return
      if (bytesTaken + declaredBytes > growthLimit) grow(declaredBytes)
      await take(file, 'file')
      const target = path.join(dir, file)
      await pipeline(
        await bytes(),
        async function* (chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            grow(chunk.length)
            yield chunk
          }
        },
        createWriteStream(target, { flags: 'wx', mode: 0o644 }),
      )
      if (isExecutable) await chmod(target, 0o755)
    },
    async addLink(name, leads) {
      const file = placeOf(name)
      if (file === undefined) return
      if (leads === '' || leads.includes('\0')) throw unsafe(`the link "${file}" leads nowhere`)
      const folder = path.posix.dirname(file)
      if (!staysInside(folder === '.' ? '' : folder, leads)) {
        leaveOut(file, whyLinkLeftOut(leads))
        return
      }
      await take(file, 'link')
      await symlink(leads, path.join(dir, file))
    },
    async addCopy(name, of) {
      const [file, original] = [placeOf(name), placeOf(of)]
      if (file === undefined) return
      const known = original === undefined ? undefined : taken.get(keyOf(original))
      if (known?.kind !== 'file' || known.path !== original) {
        throw unsafe(`"${file}" is a hard link to "${of}", which is no file of the archive`)
      }
      await take(file, 'file')
      const [source, target] = [path.join(dir, known.path), path.join(dir, file)]
      const { size } = await stat(source)
      grow(size)
      await copyFile(source, target)
    },
    leaveOut(name, why = whyKindLeftOut) {
      const file = placeOf(name)
      if (file !== undefined) leaveOut(file, why)
    },
  }
}

/** An archive that would do harm, or that its own limits forbid to unpack. */
export const unsafeArchive = (what: string, why: string): BepError =>
  new BepError('ARCHIVE_UNSAFE', `${what} is not unpacked: ${why}`, {
    fix: 'Make the archive anew, of the folder with bep.yml alone.',
  })

/** An archive that cannot be read. */
export const brokenArchive = (what: string, why: string, cause?: unknown): BepError =>
  new BepError('ARCHIVE_BROKEN', `${what} cannot be unpacked: ${why}`, {
    fix: 'Make the archive anew, and try whether it opens, before it is handed in again.',
    cause,
  })
