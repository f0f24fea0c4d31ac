import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import { type LeftOut, maxTreeBytes, maxTreeFiles } from '../isolation/tree-rules.js'
import { type ArchiveTree, brokenArchive, openArchiveTree, unsafeArchive } from './archive-tree.js'
import { isSystemError } from './zip-archive.js'

interface UnpackOptions {
  /** How messages name the archive. */
  readonly what: string
  readonly signal?: AbortSignal | undefined
}

// Each entry has a header, and may have one more for its name.
const maxStreamBytes = maxTreeBytes + maxTreeFiles * 4 * 512

/**
 * Unpacks a tar archive, compressed by gzip or not, into `into`, which must not exist.
 * @throws BepError ARCHIVE_UNSAFE, ARCHIVE_BROKEN or SUBMISSION_TOO_LARGE.
 */
export async function unpackTar(
  file: string,
  into: string,
  options: UnpackOptions,
): Promise<readonly LeftOut[]> {
  const isCompressed = await startsAsGzip(file)
  const { size } = await stat(file)
  const tree = await openArchiveTree(into, {
    what: options.what,
    packedBytes: isCompressed ? size : undefined,
  })
  const source = createReadStream(file)
  const unpacked = isCompressed ? source.pipe(createGunzip()) : source
  source.on('error', error => unpacked.destroy(error))
  try {
    await addEntries(tree, unpacked, options)
    return tree.leftOut
  } finally {
    source.destroy()
  }
}

/** Adds the entries of a tar that comes as a stream. Throws as `unpackTar`; the stream is destroyed then. */
export async function addEntries(
  tree: ArchiveTree,
  tar: Readable,
  { what, signal }: UnpackOptions,
): Promise<void> {
  // No entry is kept in memory: the next one is taken when this one has been written.
  let adding = Promise.resolve()
  let failed: unknown
  const fail = (thrown: unknown) => {
    failed ??= thrown
    parser.emit('drain')
  }
  const parser = new Parser({
    strict: true,
    // It would decompress whole chunks at once, however large they become.
    ...{ zstd: false, brotli: false },
    onReadEntry: entry => {
      adding = adding.then(async () => {
        if (failed === undefined) await addEntry(tree, entry)
        entry.resume()
      })
      adding.catch((thrown: unknown) => {
        fail(thrown)
        entry.resume()
      })
    },
  })
  parser.on('error', (error: unknown) => fail(brokenArchive(what, messageOf(error), error)))
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    if (entry.meta) fail(unsafeArchive(what, 'it has a name or a header of more than 1 MiB'))
    else tree.leaveOut(entry.path)
  })
  let isOver = false
  parser.on('eof', () => {
    isOver = true
  })
  const drained = () => new Promise<void>(resolve => parser.once('drain', () => resolve()))
  const ended = new Promise<void>(resolve => parser.once('end', () => resolve()))
  try {
    let seen = 0
    for await (const chunk of withWholeStart(tar as AsyncIterable<Buffer>)) {
      signal?.throwIfAborted()
      if (seen === 0 && isGzip(chunk)) throw new Error('it is compressed more than once')
      seen += chunk.length
      if (seen > maxStreamBytes) throw unsafeArchive(what, 'it holds far more than its files')
      // The parser would keep in memory what comes behind the end.
      if (!isOver && !parser.write(chunk) && failed === undefined) await drained()
      if (failed !== undefined) throw failed
    }
    const last = Promise.race([ended, drained()])
    parser.end()
    if (failed === undefined) await last
    await adding
    if (failed !== undefined) throw failed
  } catch (thrown) {
    failed ??= thrown
    await adding.catch(() => undefined)
    signal?.throwIfAborted()
    if (thrown instanceof BepError || isSystemError(thrown)) throw thrown
    throw brokenArchive(what, messageOf(thrown), thrown)
  }
}

/** The same bytes; the first chunk has a whole header. */
async function* withWholeStart(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (start === undefined) yield chunk
    else {
      start = Buffer.concat([start, chunk])
      if (start.length < 512) continue
      yield start
      start = undefined
    }
  }
  if (start !== undefined && start.length > 0) yield start
}

async function* chunksOf(entry: ReadEntry): AsyncGenerator<Buffer> {
  for await (const chunk of entry) yield chunk
}

async function addEntry(tree: ArchiveTree, entry: ReadEntry): Promise<void> {
  const { path: name, linkpath = '' } = entry
  switch (entry.type) {
    case 'Directory':
    case 'GNUDumpDir':
      return tree.addFolder(name)
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      return tree.addFile(name, {
        isExecutable: ((entry.mode ?? 0) & 0o111) !== 0,
        declaredBytes: entry.size,
        bytes: () => chunksOf(entry),
      })
    case 'SymbolicLink':
      return tree.addLink(name, linkpath)
    case 'Link':
      return tree.addCopy(name, linkpath)
    default:
      return tree.leaveOut(name)
  }
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b

async function startsAsGzip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return isGzip(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}
