import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GradeRecord } from '../../cli/engine/batch/grade-record.js'
import { submissionHash } from '../../cli/engine/batch/submission-hash.js'
import { leftovers, runBep } from '../cli/bep.js'
import { commitAll, git } from '../cli/engine/batch/git-places.js'
import { type TarEntry, tarOf } from '../cli/engine/batch/tar-writer.js'
import { type ZipEntry, zipOf } from '../cli/engine/batch/zip-writer.js'
import { copyWholeSubject, healthyServer } from '../cli/workspaces.js'
import { makeHome } from '../fixtures/temporary-home.js'

const MiB = 1024 * 1024
let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'place')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const own = { 'bep.yml': 'project: project-1\nstart: node app.mjs\n', 'app.mjs': healthyServer() }
const files = Object.entries(own).map(([name, bytes]) => ({ name, bytes }))
const evil = 'process.exit(1)'

/** Each would change what a neighbour handed in, or take all of the disk, if it were unpacked as it says. */
const zips = (neighbour: string): Record<string, readonly ZipEntry[]> => ({
  ARCHIVE_UNSAFE_up: [{ name: '../neighbour/server.js', bytes: evil }],
  ARCHIVE_UNSAFE_backslash: [{ name: '..\\neighbour\\server.js', bytes: evil }],
  ARCHIVE_UNSAFE_absolute: [{ name: `${neighbour}/server.js`, bytes: evil }],
  ARCHIVE_UNSAFE_twice: [{ name: 'app.mjs', bytes: evil }],
  ARCHIVE_UNSAFE_bomb: [{ name: 'zeros', bytes: Buffer.alloc(40 * MiB) }],
  ARCHIVE_BROKEN_sum: [{ name: 'x', bytes: 'x', sum: 1 }],
  ARCHIVE_BROKEN_locked: [{ name: 'x', bytes: 'x', flags: 0x801 }],
})
const tars = (neighbour: string): Record<string, readonly TarEntry[]> => ({
  ARCHIVE_UNSAFE_through: [
    { name: 'way', type: 'SymbolicLink', leads: 'src' },
    { name: 'way/server.js', bytes: evil },
  ],
  ARCHIVE_UNSAFE_hard: [{ name: 'way', type: 'Link', leads: `${neighbour}/server.js` }],
  ARCHIVE_UNSAFE_header: [{ name: 'x', type: 'ExtendedHeader', bytes: Buffer.alloc(2 * MiB, 'a') }],
  ARCHIVE_UNSAFE_links: [
    { name: 'big', bytes: Buffer.alloc(10 * MiB) },
    ...Array.from({ length: 60 }, (_, n) => ({ name: `l${n}`, type: 'Link', leads: 'big' }) as const),
  ],
})

test('hostile archives and repositories gain nothing, and their neighbours keep every point', async () => {
  const dir = path.join(place, 'class')
  const neighbour = await copyWholeSubject(path.join(dir, 'neighbour'))
  const names = (await readdir(neighbour, { recursive: true, withFileTypes: true })).filter(entry =>
    entry.isFile(),
  )
  const packed = await Promise.all(
    names.map(async entry => {
      const file = path.join(entry.parentPath, entry.name)
      return { name: path.relative(neighbour, file), bytes: await readFile(file) }
    }),
  )
  await writeFile(path.join(dir, 'honest.tgz'), gzipSync(tarOf(packed)))
  for (const [name, entries] of Object.entries(zips(neighbour))) {
    await writeFile(path.join(dir, `${name}.zip`), zipOf([...files, ...entries]))
  }
  for (const [name, entries] of Object.entries(tars(neighbour))) {
    await writeFile(path.join(dir, `${name}.tgz`), gzipSync(tarOf([...files, ...entries])))
  }
  await writeFile(path.join(dir, 'ARCHIVE_BROKEN_cut.zip'), zipOf(files).subarray(0, -10))

  // One repository borrows the neighbour's commit, one runs commands where git lets it.
  const ran = path.join(home, 'ran')
  const theirs = await copyWholeSubject(path.join(home, 'theirs'))
  const commit = commitAll(theirs)
  const borrower = path.join(dir, 'GIT_REF_MISSING_borrower.git')
  git(home, ['init', '--quiet', '--bare', '--initial-branch=main', borrower])
  await writeFile(path.join(borrower, 'objects/info/alternates'), `${theirs}/.git/objects\n`)
  await writeFile(path.join(borrower, 'refs/heads/main'), `${commit}\n`)
  const runner = path.join(dir, 'GIT_REF_MISSING_runner.git')
  git(home, ['clone', '--quiet', '--bare', theirs, runner])
  await rm(path.join(runner, 'objects'), { recursive: true })
  await mkdir(path.join(runner, 'objects'))
  await writeFile(path.join(home, 'evil.sh'), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 })
  await writeFile(
    path.join(runner, 'config'),
    `[core]
  repositoryformatversion = 1
  bare = true
  fsmonitor = ${home}/evil.sh
[extensions]
  partialClone = origin
[remote "origin"]
  url = ${home}
  uploadpack = ${home}/evil.sh
  promisor = true
[uploadpack]
  packObjectsHook = ${home}/evil.sh
`,
  )
  // And one folder whose settings are somebody else's file.
  await mkdir(path.join(dir, 'SETTINGS_BROKEN_link'))
  await symlink(path.join(home, 'secret'), path.join(dir, 'SETTINGS_BROKEN_link', 'bep.yml'))
  await writeFile(path.join(home, 'secret'), 'password: hunter2\n')

  const before = await submissionHash(place)
  const { code, stdout, stderr } = await runBep(
    ['grade', 'class', '--isolation', 'process', '--out', '../out'],
    {
      home,
      cwd: place,
    },
  )
  expect(stderr).not.toContain('hunter2')
  expect(await submissionHash(place)).toBe(before)

  const records = path.join(home, 'out', 'records')
  const all = await Promise.all(
    (await readdir(records)).map(
      async name => JSON.parse(await readFile(path.join(records, name), 'utf8')) as GradeRecord,
    ),
  )
  const whatCame = all.map(({ submission, outcome, problem, results }) => [
    submission,
    outcome,
    problem?.code ?? results?.problem?.code,
    results?.earned,
  ])
  const expected = (await readdir(dir)).map(entry => {
    const name = path.parse(entry).name
    if (name === 'neighbour' || name === 'honest') return [name, 'graded', undefined, 95]
    return [name, 'ungradable', /^[A-Z]+(_[A-Z]+)+/.exec(name)?.[0], undefined]
  })
  expect(whatCame.sort()).toEqual(expected.sort())
  expect(JSON.stringify(all)).not.toContain('hunter2')
  expect([code, stdout]).toEqual([0, expect.stringContaining(`${expected.length} submissions`)])
  expect(await leftovers(home)).toEqual([])
  expect((await readdir(home)).sort()).not.toContain('ran')
}, 120_000)
