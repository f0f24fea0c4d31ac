import { existsSync } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { fetchArchive, filesIn, readText, temporaryPlace, workspace } from './submission-places.js'
import { type ZipEntry, zipModes, zipOf } from './zip-writer.js'

const MiB = 1024 * 1024
const honest: readonly ZipEntry[] = Object.entries(workspace).map(([name, bytes]) => ({ name, bytes }))
const fetchZip = async (entries: readonly ZipEntry[], place?: string) =>
  fetchArchive(place ?? (await temporaryPlace()), 'zip', zipOf(entries))

test('files, folders, programs and links that stay inside come out as they went in', async () => {
  const { dir, leftOut } = await fetchZip([
    ...honest,
    { name: 'empty/', mode: zipModes.folder },
    { name: 'run.sh', bytes: 'true', mode: zipModes.program, method: 0 },
    { name: 'src/up', bytes: '../server.js', mode: zipModes.link },
  ])
  expect(await filesIn(dir)).toEqual(['bep.yml', 'run.sh', 'server.js', 'src/up', 'src/users.js'])
  expect(await readText(dir, 'src/users.js')).toBe('export {}\n')
  expect(await readlink(path.join(dir, 'src', 'up'))).toBe('../server.js')
  const modes = ['run.sh', 'server.js', 'empty'].map(async file => (await lstat(path.join(dir, file))).mode)
  expect((await Promise.all(modes)).map(mode => mode & 0o7777)).toEqual([0o755, 0o644, 0o755])
  expect(leftOut).toEqual([])
})

test('no program is setuid, setgid or sticky', async () => {
  const { dir } = await fetchZip([...honest, { name: 'su', bytes: 'x', mode: zipModes.program | 0o7000 }])
  expect((await lstat(path.join(dir, 'su'))).mode & 0o7777).toBe(0o755)
})

test('backslashes of old Windows archivers are slashes', async () => {
  const { dir } = await fetchZip([...honest, { name: 'src\\deep\\a.js', bytes: 'a' }])
  expect(await readText(dir, 'src/deep/a.js')).toBe('a')
})

test('links out of the tree and what is no file are left out', async () => {
  const { dir, leftOut } = await fetchZip([
    ...honest,
    { name: 'passwd', bytes: '/etc/passwd', mode: zipModes.link },
    { name: 'src/out', bytes: '../../x', mode: zipModes.link },
    // By its words it stays inside; through the link it would not.
    { name: 'src/top', bytes: '..', mode: zipModes.link },
    { name: 'src/sly', bytes: 'top/../../x', mode: zipModes.link },
    { name: 'pipe', mode: zipModes.fifo },
  ])
  expect(await filesIn(dir)).toEqual(['bep.yml', 'server.js', 'src/top', 'src/users.js'])
  expect(leftOut.map(({ file }) => file)).toEqual(['passwd', 'src/out', 'src/sly', 'pipe'])
})

const unsafe: readonly (readonly [string, readonly ZipEntry[]])[] = [
  ['a path that leads out', [{ name: '../escaped', bytes: 'x' }]],
  ['a path that leads out from deeper down', [{ name: 'src/../../escaped', bytes: 'x' }]],
  ['a path that leads out by backslashes', [{ name: '..\\escaped', bytes: 'x' }]],
  ['an absolute path', [{ name: '/tmp/bep-escaped', bytes: 'x' }]],
  ['a drive letter', [{ name: 'C:/escaped', bytes: 'x' }]],
  ['a NUL in a name', [{ name: 'server.js\0.txt', bytes: 'x' }]],
  ['a name twice', [{ name: 'server.js', bytes: '2\n' }]],
  ['a name in other case', [{ name: 'Server.js', bytes: '2\n' }]],
  ['a folder in other case', [{ name: 'SRC/other.js', bytes: '2\n' }]],
  ['a name in another normal form', [{ name: 'caf\u00e9' }, { name: 'cafe\u0301' }]],
  ['a file that is a folder, too', [{ name: 'server.js/x', bytes: 'x' }]],
  ['a folder that is a file, too', [{ name: 'src', bytes: 'x' }]],
  [
    'a file through a link',
    [
      { name: 'way', bytes: 'src', mode: zipModes.link },
      { name: 'way/users.js', bytes: 'x' },
    ],
  ],
  ['a link with an endless target', [{ name: 'way', bytes: Buffer.alloc(5_000, 'a'), mode: zipModes.link }]],
  ['200 times its size', [{ name: 'zeros', bytes: Buffer.alloc(40 * MiB) }]],
  ['200 times its size, as it says', [{ name: 'zeros', bytes: 'x', size: 400 * MiB }]],
]
test.each(unsafe)('an archive with %s is not unpacked, and nothing is left', async (_, entries) => {
  const place = await temporaryPlace()
  await expect(fetchZip([...honest, ...entries], place)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE' })
  expect(await readdir(place)).toEqual(['handed-in.zip'])
  for (const escaped of [path.join(place, '..', 'escaped'), '/tmp/bep-escaped']) {
    expect(existsSync(escaped)).toBe(false)
  }
})

test('a name that takes a file’s place in another case is named', async () => {
  await expect(fetchZip([...honest, { name: 'Server.js' }])).rejects.toMatchObject({
    message: 'ada is not unpacked: "server.js" and "Server.js" are one name where case does not count',
    fix: expect.stringContaining('Make the archive anew'),
  })
})

test.each([
  ['a name of 300 bytes', 'a'.repeat(300)],
  ['a path of 600 folders', 'a/'.repeat(600)],
])('an archive with %s is too large', async (_, name) => {
  await expect(fetchZip([...honest, { name }])).rejects.toMatchObject({ code: 'SUBMISSION_TOO_LARGE' })
})

const broken: readonly (readonly [string, readonly ZipEntry[]])[] = [
  ['a method that nobody knows', [{ name: 'x', bytes: 'x', method: 99 }]],
  ['a wrong checksum', [{ name: 'x', bytes: 'x', sum: 1 }]],
  ['more bytes than it says', [{ name: 'x', bytes: Buffer.alloc(5_000, 'x'), size: 10 }]],
  ['fewer bytes than it says', [{ name: 'x', bytes: 'x', size: 10_000 }]],
  ['bytes that no deflate wrote', [{ name: 'x', packed: Buffer.from([0xff, 0xff, 0xff]), size: 3 }]],
]
test.each(broken)('an archive with %s is broken', async (_, entries) => {
  const place = await temporaryPlace()
  await expect(fetchZip([...honest, ...entries], place)).rejects.toMatchObject({ code: 'ARCHIVE_BROKEN' })
  expect(await readdir(place)).toEqual(['handed-in.zip'])
})

test('an encrypted file is said to be one', async () => {
  const encrypted = { name: 'x', bytes: 'secret', flags: 0x801 }
  await expect(fetchZip([...honest, encrypted])).rejects.toThrow('"x" in it is encrypted')
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('my homework')],
  ['half an archive', zipOf(honest).subarray(0, 200)],
])('%s is no archive', async (_, bytes) => {
  await expect(fetchArchive(await temporaryPlace(), 'zip', bytes)).rejects.toMatchObject({
    code: 'ARCHIVE_BROKEN',
  })
})
