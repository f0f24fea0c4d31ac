import { crc32, deflateRawSync } from 'node:zlib'

/** One entry as it is written: whatever is given is written, true or not. */
export interface ZipEntry {
  readonly name: string
  readonly bytes?: Buffer | string
  /** stat(2)'s mode, kind included; a plain file by default. */
  readonly mode?: number
  readonly flags?: number
  readonly method?: number
  /** Instead of the bytes, as they stand in the archive. */
  readonly packed?: Buffer
  readonly size?: number
  readonly sum?: number
}

export const zipModes = {
  file: 0o100644,
  program: 0o100755,
  folder: 0o040755,
  link: 0o120777,
  fifo: 0o010644,
}

/** A zip archive, byte by byte (APPNOTE.TXT 4.3). */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const entry of entries) {
    const { name, bytes = '', mode = zipModes.file, flags = 0x800, method = 8 } = entry
    const content = Buffer.from(bytes as Buffer)
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(content, { level: 9 }) : content)
    const encoded = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(entry.sum ?? crc32(content), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(entry.size ?? content.length, 18)
    common.writeUInt16LE(encoded.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, encoded, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE((mode << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    // Version made by: 3.0 of Unix.
    centrals.push(Buffer.from('PK\x01\x02\x1e\x03', 'latin1'), common, rest, encoded)
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
