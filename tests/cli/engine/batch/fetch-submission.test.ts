import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fetchSubmission } from '../../../../cli/engine/batch/fetch-submission.js'
import { isStudentsFault } from '../../../../cli/engine/batch/students-fault.js'
import { BepError } from '../../../../fixtures/bep-error.js'
import { commitAll } from './git-places.js'
import {
  fetchArchive,
  fetchInto,
  filesIn,
  settings,
  temporaryPlace,
  workspace,
  writeFiles,
} from './submission-places.js'
import { tarOf } from './tar-writer.js'
import { zipModes, zipOf } from './zip-writer.js'

const work = { ...workspace, 'run.sh': 'true\n', 'src/größe.js': 'ü\n' }
const fetchFolder = async (dir: string) => fetchInto(await temporaryPlace(), { kind: 'folder', path: dir })
const modeOf = (name: string) => (name === 'run.sh' ? 0o755 : 0o644)

async function workFolder(): Promise<string> {
  const dir = await writeFiles(path.join(await temporaryPlace(), 'work'), work)
  await chmod(path.join(dir, 'run.sh'), 0o755)
  await symlink('../server.js', path.join(dir, 'src', 'up'))
  await symlink('/etc/passwd', path.join(dir, 'passwd'))
  return dir
}

test('the same work has the same hash as folder, zip, tar and commit, wrapped or not', async () => {
  const names = Object.keys(work)
  const folder = await fetchFolder(await workFolder())
  expect(folder.hash).toMatch(/^[0-9a-f]{64}$/)
  expect(folder.leftOut).toEqual([
    { file: 'passwd', why: 'a link that leads out of the submission, to /etc/passwd' },
  ])

  const zip = (prefix: string, order: readonly string[]) =>
    zipOf([
      ...order.map(name => ({
        name: prefix + name,
        bytes: work[name as keyof typeof work],
        mode: 0o100000 | modeOf(name),
      })),
      { name: `${prefix}src/up`, bytes: '../server.js', mode: zipModes.link },
      { name: `${prefix}passwd`, bytes: '/etc/passwd', mode: zipModes.link },
      { name: '__MACOSX/._bep.yml', bytes: 'junk' },
      { name: `${prefix}.DS_Store`, bytes: 'junk' },
      { name: `${prefix}.git/config`, bytes: 'junk' },
      { name: `${prefix}.bep/id`, bytes: 'mine' },
    ])
  const tar = tarOf([
    ...names.map(name => ({
      name: `task-api-main/${name}`,
      bytes: work[name as keyof typeof work],
      mode: modeOf(name),
    })),
    { name: 'task-api-main/src/up', type: 'SymbolicLink', leads: '../server.js' },
    { name: 'task-api-main/empty/', type: 'Directory' },
  ])
  const repository = await workFolder()
  commitAll(repository)
  const others = [
    await fetchArchive(await temporaryPlace(), 'zip', zip('', names)),
    await fetchArchive(await temporaryPlace(), 'zip', zip('a/b/', names.toReversed())),
    await fetchArchive(await temporaryPlace(), 'tar', tar),
    await fetchArchive(await temporaryPlace(), 'tar', gzipSync(tar)),
    await fetchInto(await temporaryPlace(), { kind: 'git', url: repository }),
    await fetchFolder(repository),
  ]
  expect(others.map(({ hash }) => hash)).toEqual(others.map(() => folder.hash))
  for (const { dir } of others) expect(await filesIn(dir)).toEqual(await filesIn(folder.dir))
})

test('the hash is SHA-256 over kind, path, size and bytes, in the order of the paths’ bytes', async () => {
  const dir = await writeFiles(await temporaryPlace(), {
    'bep.yml': settings,
    'src/b.js': 'bb',
    'src-a/c.js': '',
    Z: 'z',
    zz: '',
  })
  await chmod(path.join(dir, 'Z'), 0o755)
  await symlink('b.js', path.join(dir, 'src', 'a'))
  const listed = [
    'program\0Z\x001\0z',
    `file\0bep.yml\0${settings.length}\0${settings}`,
    'file\0src-a/c.js\x000\0',
    'link\0src/a\0b.js\0',
    'file\0src/b.js\x002\0bb',
    'file\0zz\x000\0',
  ]
  const expected = createHash('sha256').update(listed.join('')).digest('hex')
  expect((await fetchFolder(dir)).hash).toBe(expected)
})

test.each<[string, (dir: string) => Promise<unknown>]>([
  ['a byte', dir => writeFile(path.join(dir, 'server.js'), '2\n')],
  ['the executable bit', dir => chmod(path.join(dir, 'run.sh'), 0o644)],
  ['a name', dir => execFileSync('mv', ['server.js', 'main.js'], { cwd: dir }) && Promise.resolve()],
  [
    'where a link leads',
    dir => rm(path.join(dir, 'src/up')).then(() => symlink('../run.sh', path.join(dir, 'src/up'))),
  ],
  [
    'a link for its file',
    dir => rm(path.join(dir, 'src/up')).then(() => writeFile(path.join(dir, 'src/up'), '../server.js')),
  ],
  ['a border between files', dir => writeFiles(dir, { 'server.js': '', 'run.sh': '1\ntrue\n' })],
])('the hash changes with %s', async (_, change) => {
  const dir = await workFolder()
  const before = await fetchFolder(dir)
  await change(dir)
  expect((await fetchFolder(dir)).hash).not.toBe(before.hash)
})

test('the hash does not change with times, empty folders, or what an install command makes anew', async () => {
  const dir = await writeFiles(await temporaryPlace(), { ...work, 'bep.yml': `${settings}install: npm ci\n` })
  const before = await fetchFolder(dir)
  await utimes(path.join(dir, 'server.js'), 0, 0)
  await mkdir(path.join(dir, 'empty'))
  await writeFiles(dir, { 'node_modules/pg/index.js': '1', '.bep/id': 'mine' })
  const after = await fetchFolder(dir)
  expect(after.hash).toBe(before.hash)
  expect(await filesIn(after.dir)).toEqual(await filesIn(before.dir))
})

test('packages that no install command makes are part of the work', async () => {
  const dir = await writeFiles(await temporaryPlace(), { ...workspace, 'node_modules/pg/index.js': '1' })
  expect(await filesIn((await fetchFolder(dir)).dir)).toContain('node_modules/pg/index.js')
})

test('the workspace is found below folders that wrap it, and beside others', async () => {
  for (const [wrapped, found] of [
    ['task-api/bep.yml', 'bep.yml'],
    ['hand-in/week-1/task-api/bep.yml', 'bep.yml'],
  ] as const) {
    const dir = await writeFiles(await temporaryPlace(), {
      [wrapped]: settings,
      'screenshots/a.png': 'x',
      'notes.txt': 'x',
    })
    expect(await filesIn((await fetchFolder(dir)).dir)).toEqual([found])
  }
})

test.each<[string, string, Record<string, string>]>([
  ['SUBMISSION_WITHOUT_WORKSPACE', 'nothing', {}],
  ['SUBMISSION_WITHOUT_WORKSPACE', 'only other files', { 'server.js': '1' }],
  ['SUBMISSION_WITHOUT_WORKSPACE', 'a workspace four levels down', { 'a/b/c/d/bep.yml': settings }],
  [
    'SUBMISSION_WITHOUT_WORKSPACE',
    'a workspace among the packages alone',
    { 'node_modules/x/bep.yml': settings },
  ],
  ['SUBMISSION_AMBIGUOUS', 'two workspaces', { 'a/bep.yml': settings, 'b/bep.yml': settings }],
  ['SETTINGS_BROKEN', 'settings of 65 KiB', { 'bep.yml': settings + '#'.repeat(65 * 1024) }],
  ['SETTINGS_BROKEN', 'a folder for settings', { 'bep.yml/x': 'x' }],
])('%s: a submission with %s', async (code, _, files) => {
  const error: unknown = await fetchFolder(await writeFiles(await temporaryPlace(), files)).catch(
    (e: unknown) => e,
  )
  expect(error).toMatchObject({ code, fix: expect.any(String), message: expect.stringContaining('ada') })
  expect(isStudentsFault(error)).toBe(true)
})

test('settings that are a link are not read', async () => {
  const place = await temporaryPlace()
  const secret = path.join(place, 'secret.yml')
  await writeFile(secret, 'password: hunter2\n')
  const dir = await writeFiles(path.join(place, 'work'), { 'server.js': '1' })
  await symlink(secret, path.join(dir, 'bep.yml'))
  const error = (await fetchFolder(dir).catch((e: unknown) => e)) as BepError
  expect(error.code).toBe('SETTINGS_BROKEN')
  expect(error.message).not.toContain('password')
})

test('broken settings are for the grading to tell', async () => {
  const dir = await writeFiles(await temporaryPlace(), { 'bep.yml': 'project: [' })
  expect(await filesIn((await fetchFolder(dir)).dir)).toEqual(['bep.yml'])
})

test('a submission that has gone is our fault', async () => {
  const error: unknown = await fetchFolder(path.join(await temporaryPlace(), 'gone')).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'SUBMISSION_GONE' })
  expect(isStudentsFault(error)).toBe(false)
})

test('an interruption leaves nothing and is nobody’s fault', async () => {
  const place = await temporaryPlace()
  const dir = await writeFiles(path.join(place, 'work'), workspace)
  const submission = {
    id: 'ada',
    student: { id: 'ada', name: 'Ada' },
    source: { kind: 'folder', path: dir },
  } as const
  const error: unknown = await fetchSubmission(submission, path.join(place, 'fetched'), {
    env: process.env,
    signal: AbortSignal.abort(),
  }).catch((e: unknown) => e)
  expect(error).toMatchObject({ name: 'AbortError' })
  expect(isStudentsFault(error)).toBe(false)
  await expect(fetchInto(place, submission.source)).resolves.toMatchObject({
    dir: path.join(place, 'fetched'),
  })
})

test.each([
  ['INSTALL_FAILED', true],
  ['BUILD_FAILED', true],
  ['APP_EXITED', true],
  ['APP_TOO_SLOW', true],
  ['REGISTRY_UNREACHABLE', false],
  ['SERVICE_GONE', false],
  ['DISK_FULL', false],
  ['GIT_UNREACHABLE', false],
])('%s is the student’s fault: %s', (code, isTheirs) => {
  expect(isStudentsFault(new BepError(code, ''))).toBe(isTheirs)
  expect(isStudentsFault({ code, message: '' })).toBe(isTheirs)
})
