import { stat } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import type { LeftOut } from '../isolation/tree-rules.js'
import { type ArchiveTree, brokenArchive, openArchiveTree, unsafeArchive } from './archive-tree.js'

// The upper half of an entry's attributes is a mode where Unix made it (APPNOTE.TXT 4.4.2 and 4.4.15, stat(2)).
const madeByUnix = new Set([3, 19])
const kindMask = 0o170000
const kinds = { none: 0, file: 0o100000, folder: 0o040000, link: 0o120000 }
const maxLinkBytes = 4_096

interface UnpackOptions {
  /** How messages name the archive. */
  readonly what: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Unpacks a zip archive into `into`, which must not exist. Its central directory is what counts; sizes and checksums
 * are held against the bytes.
 * @throws BepError ARCHIVE_UNSAFE, ARCHIVE_BROKEN or SUBMISSION_TOO_LARGE.
 */
export async function unpackZip(
  file: string,
  into: string,
  options: UnpackOptions,
): Promise<readonly LeftOut[]> {
  const { what, signal } = options
  const { size } = await stat(file)
  const tree = await openArchiveTree(into, { what, packedBytes: size })
  let zip: ZipFile | undefined
  try {
    zip = await openPromise(file, { autoClose: false, decodeStrings: false, validateEntrySizes: true })
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted()
      await addEntry(tree, zip, entry, what)
    }
    return tree.leftOut
  } catch (thrown) {
    signal?.throwIfAborted()
    // What the file system has to say is no fault of the archive.
    if (thrown instanceof BepError || isSystemError(thrown)) throw thrown
    throw brokenArchive(what, messageOf(thrown), thrown)
  } finally {
    zip?.close()
  }
}

/** Of the system's own calls; zlib's errors have a code, too, but no call. */
export const isSystemError = (thrown: unknown): boolean =>
  (thrown as NodeJS.ErrnoException | undefined)?.syscall !== undefined

async function addEntry(tree: ArchiveTree, zip: ZipFile, entry: Entry, what: string): Promise<void> {
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
  const mode = madeByUnix.has(entry.versionMadeBy >> 8) ? entry.externalFileAttributes >>> 16 : 0
  const kind = mode & kindMask
  if (name.endsWith('/') || kind === kinds.folder) return tree.addFolder(name)
  if (entry.isEncrypted()) throw brokenArchive(what, `"${name}" in it is encrypted`)
  if (!entry.canDecodeFileData()) {
    throw brokenArchive(
      what,
      `"${name}" is compressed by method ${entry.compressionMethod}; 0 and 8 are known`,
    )
  }
  const bytes = async () => checked(await zip.openReadStreamPromise(entry), entry, name)
  if (kind === kinds.link) {
    if (entry.uncompressedSize > maxLinkBytes) throw unsafeArchive(what, `the link "${name}" is too long`)
    return tree.addLink(name, await text(await bytes()))
  }
  if (kind !== kinds.file && kind !== kinds.none) return tree.leaveOut(name)
  return tree.addFile(name, {
    isExecutable: (mode & 0o111) !== 0,
    declaredBytes: entry.uncompressedSize,
    bytes,
  })
}

async function* checked(chunks: AsyncIterable<Buffer>, entry: Entry, name: string): AsyncGenerator<Buffer> {
  let sum = 0
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (sum !== entry.crc32) throw new Error(`the checksum of "${name}" is wrong`)
}
