import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { listSubmissions } from '../../../../cli/engine/batch/submission-list.js'
import { sourceName } from '../../../../cli/engine/batch/submission-source.js'
import { commitAll, git } from './git-places.js'
import { settings, temporaryPlace, workspace, writeFiles } from './submission-places.js'

const list = (cwd: string, ...paths: string[]) => listSubmissions(paths, { cwd })
const empty = ''

test('a folder of submissions: folders, archives, bare repositories; the rest is said', async () => {
  const place = await temporaryPlace()
  const dir = await writeFiles(path.join(place, 'in'), {
    'ada/bep.yml': settings,
    'ben.zip': empty,
    'cyd.tar.gz': empty,
    'dan.TGZ': empty,
    'eve.tar': empty,
    'grades.xlsx': empty,
    'gil.rar': empty,
    '.DS_Store': empty,
    '__MACOSX/x': empty,
  })
  git(dir, ['init', '--quiet', '--bare', 'fay.git'])
  await mkdir(path.join(dir, 'hal'))
  await symlink('/etc', path.join(dir, 'ivy'))
  const { submissions, notices } = await list(place, 'in')
  expect(submissions.map(({ id, student, source }) => [id, student.id, source.kind])).toEqual([
    ['ada', 'ada', 'folder'],
    ['ben', 'ben', 'zip'],
    ['cyd', 'cyd', 'tar'],
    ['dan', 'dan', 'tar'],
    ['eve', 'eve', 'tar'],
    ['fay', 'fay', 'git'],
    ['hal', 'hal', 'folder'],
  ])
  expect(submissions[1]?.source).toEqual({ kind: 'zip', path: path.join(dir, 'ben.zip') })
  expect(notices.map(notice => notice.replace(`${dir}/`, ''))).toEqual([
    'gil.rar is left out: neither a folder nor an archive (.zip, .tar, .tar.gz, .tgz)',
    'grades.xlsx is left out: neither a folder nor an archive (.zip, .tar, .tar.gz, .tgz)',
    'ivy is left out: a link; name what it leads to instead',
  ])
})

test('a workspace, an archive, a repository with a ref and URLs are one submission each', async () => {
  const place = await temporaryPlace()
  await writeFiles(path.join(place, 'task-api'), workspace)
  await writeFile(path.join(place, 'ada.zip'), '')
  commitAll(await writeFiles(path.join(place, 'repository'), workspace))
  const { submissions } = await list(
    place,
    ...['task-api', 'ada.zip', 'repository#main'],
    ...[
      'https://git.example/ben/task-api.git#v1',
      'git@git.example:cyd/work.git',
      'ssh://git@git.example/dan',
    ],
  )
  expect(submissions.map(({ id, source }) => [id, source])).toEqual([
    ['task-api', { kind: 'folder', path: path.join(place, 'task-api') }],
    ['ada', { kind: 'zip', path: path.join(place, 'ada.zip') }],
    ['repository', { kind: 'git', url: path.join(place, 'repository'), ref: 'main' }],
    ['task-api-2', { kind: 'git', url: 'https://git.example/ben/task-api.git', ref: 'v1' }],
    ['work', { kind: 'git', url: 'git@git.example:cyd/work.git' }],
    ['dan', { kind: 'git', url: 'ssh://git@git.example/dan' }],
  ])
})

test('ids are safe and unique, also where case does not count, and nobody loses one to a number', async () => {
  const place = await temporaryPlace()
  const names = ['..ä b', 'a-b', 'a b', 'A-B', 'a-b-2', '-rf', 'CON', 'Ærø', '名前', `${'x'.repeat(120)}`]
  for (const name of names) await mkdir(path.join(place, 'in', name), { recursive: true })
  const { submissions, notices } = await list(place, 'in')
  const ids = submissions.map(({ id }) => id)
  expect(new Set(ids.map(id => id.toLowerCase())).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,84}$/)
  expect(ids).toContain('a-b-2')
  expect(submissions.find(({ student }) => student.name === 'a-b-2')?.id).toBe('a-b-2')
  expect(notices.filter(notice => notice.includes('is taken'))).not.toEqual([])
  expect((await list(place, 'in')).submissions).toEqual(submissions)
})

test('Canvas’s export tells name, id and the late mark', async () => {
  const place = await temporaryPlace()
  await writeFiles(place, {
    'lovelaceada_4711_98765_task-api.zip': empty,
    'hopper_grace_LATE_4712_98766_my_work.tar.gz': empty,
    'team_4_project.zip': empty,
  })
  const { submissions, notices } = await list(place, '.')
  expect(submissions.map(({ id, student }) => [id, student.id, student.name])).toEqual([
    ['hopper-grace-4712', '4712', 'hopper grace'],
    ['lovelaceada-4711', '4711', 'lovelaceada'],
    ['team_4_project', 'team_4_project', 'team_4_project'],
  ])
  expect(notices).toEqual([
    'hopper_grace_LATE_4712_98766_my_work.tar.gz was late, says its name, but not when it came: a roster with submitted_at does',
  ])
})

test('Moodle’s export: the archive in a student’s folder, and files with the student’s name', async () => {
  const place = await temporaryPlace()
  const dir = await writeFiles(path.join(place, 'in'), {
    'Ada Lovelace_4711_assignsubmission_file_/task-api.zip': empty,
    'Ben_4712_assignsubmission_file/bep.yml': settings,
    'Cyd Ü_4713_assignsubmission_file_work.tgz': empty,
    'Cyd Ü_4713_assignsubmission_onlinetext_/onlinetext.html': empty,
  })
  const { submissions, notices } = await list(place, 'in')
  expect(submissions.map(({ id, student, source }) => [id, student, source.kind])).toEqual([
    ['Ada-Lovelace-4711', { id: '4711', name: 'Ada Lovelace' }, 'zip'],
    ['Ben-4712', { id: '4712', name: 'Ben' }, 'folder'],
    ['Cyd-U-4713', { id: '4713', name: 'Cyd Ü' }, 'tar'],
  ])
  expect(sourceName(submissions[0]?.source ?? { kind: 'missing' })).toMatch(/file_\/task-api\.zip$/)
  expect(notices).toEqual([
    `${path.join(dir, 'Cyd Ü_4713_assignsubmission_onlinetext_')} is left out: text that was typed in`,
  ])
})

test('Gradescope’s export tells who worked together, and when it came', async () => {
  const place = await temporaryPlace()
  await writeFiles(place, {
    'submission_metadata.yml': `---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '4711'
    :email: ada@example.com
  - :name: Grace Hopper
    :sid: ''
    :email: grace@example.com
  :created_at: 2026-10-01 12:00:00.123456789 Z
  :score: 0.0
submission_102:
  :submitters:
  - :name: Ben
    :sid: 4712
  :created_at: 2026-10-01 12:00:00 -05:00
`,
    'submission_101/bep.yml': settings,
    'submission_102/bep.yml': settings,
    'submission_103/bep.yml': settings,
  })
  const { submissions } = await list(place, '.')
  expect(
    submissions.map(({ id, student, submittedAt }) => [id, student.name, submittedAt?.toISOString()]),
  ).toEqual([
    ['4711', 'Ada Lovelace', '2026-10-01T12:00:00.123Z'],
    ['grace-example.com', 'Grace Hopper', '2026-10-01T12:00:00.123Z'],
    ['4712', 'Ben', '2026-10-01T17:00:00.000Z'],
    ['submission_103', 'submission_103', undefined],
  ])
  expect(submissions[0]?.student).toMatchObject({ sisUserId: '4711', email: 'ada@example.com' })
  expect(submissions[0]?.source).toEqual(submissions[1]?.source)
})

test.each([
  ['submission_1:\n  :submitters: []\n  :created_at: x\n', 'submitters'],
  [
    'submission_1:\n  :submitters:\n  - :name: A\n  :created_at: yesterday\n',
    'submission_1 has the time "yesterday"',
  ],
  ['a: [', 'submission_metadata.yml is not as'],
])('an export that is not as Gradescope writes it is refused: %j', async (text, why) => {
  const place = await temporaryPlace()
  await writeFiles(place, { 'submission_metadata.yml': text, 'submission_1/bep.yml': settings })
  await expect(list(place, '.')).rejects.toMatchObject({
    code: 'EXPORT_BROKEN',
    message: expect.stringContaining(why),
  })
})

test('one student with two archives is an error that names both', async () => {
  const place = await temporaryPlace()
  await writeFiles(place, { 'ada_1_2_a.zip': empty, 'ada_1_3_b.zip': empty })
  await expect(list(place, '.')).rejects.toMatchObject({
    code: 'STUDENT_TWICE',
    message: expect.stringMatching(/student 1 \(ada\).*ada_1_2_a\.zip and .*ada_1_3_b\.zip/),
    fix: expect.any(String),
  })
})

test.each([
  ['nothing there', 'gone', 'BATCH_PATH_UNKNOWN'],
  ['a file that is no archive', 'notes.txt', 'BATCH_PATH_UNKNOWN'],
  ['a folder that is no repository, with a ref', 'plain#main', 'BATCH_PATH_UNKNOWN'],
  ['an empty folder', 'plain', 'NO_SUBMISSIONS'],
  ['a folder with nothing that was handed in', 'texts', 'NO_SUBMISSIONS'],
  ['a protocol that runs commands', 'ext::sh -c touch% /tmp/x', 'GIT_URL_REFUSED'],
  ['a helper of git’s', 'fd::17', 'GIT_URL_REFUSED'],
  ['a protocol without encryption', 'http://git.example/x', 'GIT_URL_REFUSED'],
  ['a host that is an option', 'ssh://-oProxyCommand=x/x', 'GIT_URL_REFUSED'],
  ['a host that is an option, in short', 'git@-oForward:x', 'GIT_URL_REFUSED'],
  ['a ref that is an option', 'https://git.example/x#--upload-pack=x', 'GIT_URL_REFUSED'],
  ['a ref that is two', 'https://git.example/x#a:refs/heads/b', 'GIT_URL_REFUSED'],
])('%s is refused', async (_, name, code) => {
  const place = await temporaryPlace()
  await writeFiles(place, { 'notes.txt': empty, 'texts/notes.txt': empty })
  await mkdir(path.join(place, 'plain'))
  await expect(list(place, name)).rejects.toMatchObject({ code, fix: expect.any(String) })
})

test('a password in a URL is not shown', async () => {
  const place = await temporaryPlace()
  const { submissions } = await list(place, 'https://x:hunter2@git.example/x#v1', 'ssh://git@git.example/y')
  expect(submissions.map(({ source }) => sourceName(source))).toEqual([
    'https://…@git.example/x#v1',
    'ssh://git@git.example/y',
  ])
  await expect(list(place, 'http://x:hunter2@git.example/x')).rejects.toMatchObject({
    message: expect.not.stringContaining('hunter2'),
  })
})
