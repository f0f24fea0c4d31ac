import { Header, type types } from 'tar'

export interface TarEntry {
  readonly name: string
  readonly type?: types.EntryTypeName
  readonly bytes?: Buffer | string
  readonly mode?: number
  readonly leads?: string
  /** As the header says it; that of the bytes by default. */
  readonly size?: number
}

/** A tar archive of exactly these entries (POSIX.1-2017, pax, "ustar Interchange Format"). */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = 'File', bytes = '', mode = 0o644, leads, size }) => {
    const content = Buffer.from(bytes as Buffer)
    const header = new Header({ path: name, mode, size: size ?? content.length, mtime: new Date(0) })
    header.type = type
    if (leads !== undefined) header.linkpath = leads
    header.encode()
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
    return [header.block ?? Buffer.alloc(0), content, padding]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
