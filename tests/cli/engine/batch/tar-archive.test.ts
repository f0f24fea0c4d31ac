import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { lstat, readdir, readlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openArchiveTree } from '../../../../cli/engine/batch/archive-tree.js'
import { addEntries, unpackTar } from '../../../../cli/engine/batch/tar-archive.js'
import {
  fetchArchive,
  filesIn,
  readText,
  temporaryPlace,
  workspace,
  writeFiles,
} from './submission-places.js'
import { type TarEntry, tarOf } from './tar-writer.js'

const MiB = 1024 * 1024
const honest: readonly TarEntry[] = Object.entries(workspace).map(([name, bytes]) => ({ name, bytes }))
const fetchTar = async (entries: readonly TarEntry[], place?: string) =>
  fetchArchive(place ?? (await temporaryPlace()), 'tar', tarOf(entries))

test.each(['ustar', 'gnu', 'pax', 'v7'])(
  'an archive of the system’s tar in the format %s comes out whole',
  async format => {
    const place = await temporaryPlace()
    const long = `${'long-'.repeat(15)}/${'name-'.repeat(15)}.js`
    const files = format === 'v7' ? workspace : { ...workspace, [long]: 'long', 'src/größe.js': 'umlauts' }
    await writeFiles(path.join(place, 'work'), files)
    execFileSync('ln', ['-s', '../server.js', path.join(place, 'work', 'src', 'up')])
    execFileSync('chmod', ['755', path.join(place, 'work', 'server.js')])
    const archive = execFileSync('tar', [
      `--format=${format}`,
      '-C',
      path.join(place, 'work'),
      '-cf',
      '-',
      '.',
    ])
    for (const bytes of [archive, gzipSync(archive)]) {
      const { dir, leftOut } = await fetchArchive(await temporaryPlace(), 'tar', bytes)
      expect(await filesIn(dir)).toEqual([...Object.keys(files), 'src/up'].sort())
      for (const [file, content] of Object.entries(files)) expect(await readText(dir, file)).toBe(content)
      expect(await readlink(path.join(dir, 'src', 'up'))).toBe('../server.js')
      expect((await lstat(path.join(dir, 'server.js'))).mode & 0o7777).toBe(0o755)
      expect(leftOut).toEqual([])
    }
  },
)

test('no program is setuid, setgid or sticky', async () => {
  const { dir } = await fetchTar([...honest, { name: 'su', bytes: 'x', mode: 0o7755 }])
  expect((await lstat(path.join(dir, 'su'))).mode & 0o7777).toBe(0o755)
})

test('a hard link to a file before it is a file of its own', async () => {
  const { dir } = await fetchTar([...honest, { name: 'again.js', type: 'Link', leads: './server.js' }])
  const again = await lstat(path.join(dir, 'again.js'))
  expect([again.isFile(), again.nlink]).toEqual([true, 1])
  expect(await readText(dir, 'again.js')).toBe('1\n')
})

test('links out of the tree, devices and pipes are left out', async () => {
  const { dir, leftOut } = await fetchTar([
    ...honest,
    { name: 'passwd', type: 'SymbolicLink', leads: '/etc/passwd' },
    { name: 'src/out', type: 'SymbolicLink', leads: '../../x' },
    { name: 'null', type: 'CharacterDevice' },
    { name: 'disk', type: 'BlockDevice' },
    { name: 'pipe', type: 'FIFO' },
  ])
  expect(await filesIn(dir)).toEqual(Object.keys(workspace).sort())
  expect(leftOut.map(({ file }) => file)).toEqual(['passwd', 'src/out', 'null', 'disk', 'pipe'])
})

const unsafe: readonly (readonly [string, readonly TarEntry[]])[] = [
  ['a path that leads out', [{ name: '../escaped', bytes: 'x' }]],
  ['an absolute path', [{ name: '/tmp/bep-escaped', bytes: 'x' }]],
  ['a drive letter', [{ name: 'c:escaped', bytes: 'x' }]],
  ['a backslash', [{ name: '..\\escaped', bytes: 'x' }]],
  ['a name twice', [{ name: './server.js', bytes: '2\n' }]],
  ['a name in other case', [{ name: 'SERVER.js', bytes: '2\n' }]],
  ['a hard link out of it', [{ name: 'passwd', type: 'Link', leads: '/etc/passwd' }]],
  ['a hard link up and out', [{ name: 'x', type: 'Link', leads: '../handed-in.tar' }]],
  ['a hard link to nothing', [{ name: 'x', type: 'Link', leads: 'later.js' }]],
  [
    'a hard link to a link',
    [
      { name: 'way', type: 'SymbolicLink', leads: 'server.js' },
      { name: 'x', type: 'Link', leads: 'way' },
    ],
  ],
  [
    'a file through a link',
    [
      { name: 'way', type: 'SymbolicLink', leads: 'src' },
      { name: 'way/users.js', bytes: 'x' },
    ],
  ],
  [
    'a file in a link’s place',
    [
      { name: 'way', type: 'SymbolicLink', leads: 'server.js' },
      { name: 'way', bytes: 'x' },
    ],
  ],
  ['a header of 2 MiB', [{ name: 'x', type: 'ExtendedHeader', bytes: Buffer.alloc(2 * MiB, 'a') }]],
]
test.each(unsafe)('an archive with %s is not unpacked, and nothing is left', async (_, entries) => {
  const place = await temporaryPlace()
  await expect(fetchTar([...honest, ...entries], place)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' })
  expect(await readdir(place)).toEqual(['handed-in.tar'])
  for (const escaped of [path.join(place, '..', 'escaped'), '/tmp/bep-escaped']) {
    expect(existsSync(escaped)).toBe(false)
  }
})

test('what grows to more than 200 times of its size is a bomb', async () => {
  const bomb = gzipSync(tarOf([...honest, { name: 'zeros', bytes: Buffer.alloc(40 * MiB) }]), { level: 9 })
  await expect(fetchArchive(await temporaryPlace(), 'tar', bomb)).rejects.toMatchObject({
    code: 'ARCHIVE_UNSAFE',
  })
})

test('hard links count as the files that they become, before these are written', async () => {
  const place = await temporaryPlace()
  const links = Array.from({ length: 60 }, (_, n) => ({ name: `l${n}`, type: 'Link', leads: 'big' }) as const)
  await writeFile(
    path.join(place, 'links.tar'),
    tarOf([{ name: 'big', bytes: Buffer.alloc(10 * MiB) }, ...links]),
  )
  const unpacking = unpackTar(path.join(place, 'links.tar'), path.join(place, 'out'), { what: 'ada' })
  await expect(unpacking).rejects.toMatchObject({ code: 'SUBMISSION_TOO_LARGE' })
})

test('an archive of ever more entries is too large, also where none of them is taken', async () => {
  const pipe = tarOf([{ name: 'pipe', type: 'FIFO' }]).subarray(0, 512)
  const flood = Buffer.concat([tarOf(honest).subarray(0, -1024), Buffer.alloc(512 * 100_000, pipe)])
  await expect(fetchArchive(await temporaryPlace(), 'tar', flood)).rejects.toMatchObject({
    code: 'SUBMISSION_TOO_LARGE',
  })
})

test.each([
  ['a file that ends too early', tarOf(honest).subarray(0, -1_300)],
  [
    'a header with a wrong checksum',
    Buffer.concat([tarOf(honest).subarray(0, -1_024), Buffer.alloc(512, 'x'), Buffer.alloc(1_024)]),
  ],
  ['gzip that ends too early', gzipSync(tarOf(honest)).subarray(0, -20)],
  ['gzip with a wrong checksum', withWrongSum(gzipSync(tarOf(honest)))],
  ['gzip inside gzip', gzipSync(gzipSync(tarOf(honest)))],
  ['text', Buffer.from('my homework')],
  ['nothing', Buffer.alloc(0)],
])('%s is broken', async (_, bytes) => {
  await expect(fetchArchive(await temporaryPlace(), 'tar', bytes)).rejects.toMatchObject({
    code: 'ARCHIVE_BROKEN',
  })
})

function withWrongSum(gzip: Buffer): Buffer {
  return Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(4), gzip.subarray(-4)])
}

test('another compression is not tried, however much it would unpack to', async () => {
  // 64 MiB of zeros in 2 KiB: one segment of blocks that each repeat one byte (RFC 8878, 3.1.1).
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 4])
  const blocks = Array.from({ length: 512 }, (_, n) => {
    const block = Buffer.alloc(4)
    block.writeUIntLE((128 * 1024 * 8) | 2 | (n === 511 ? 1 : 0), 0, 3)
    return block
  })
  const archive = Buffer.concat([header, ...blocks])
  await expect(fetchArchive(await temporaryPlace(), 'tar', archive)).rejects.toMatchObject({
    code: 'ARCHIVE_BROKEN',
  })
})

test('what comes behind the end is not kept in memory', async () => {
  const tree = await openArchiveTree(path.join(await temporaryPlace(), 'out'), { what: 'ada' })
  const more = Buffer.alloc(64 * 1024, 'x')
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const stream = Readable.from(
    (function* () {
      yield tarOf(honest)
      for (let n = 0; n < 1024; n += 1) {
        yield more
        most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      }
    })(),
  )
  await addEntries(tree, stream, { what: 'ada' })
  expect(most).toBeLessThan(32 * MiB)
})
