import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { listSubmissions } from '../../../../cli/engine/batch/submission-list.js'
import { settings, temporaryPlace, writeFiles } from './submission-places.js'

async function readRoster(text: string, files: Readonly<Record<string, string>> = {}) {
  const place = await temporaryPlace()
  await writeFiles(path.join(place, 'course'), { 'ada/bep.yml': settings, 'ben.zip': '', ...files })
  await writeFile(path.join(place, 'course', 'roster.csv'), text)
  const { submissions } = await listSubmissions(['course/roster.csv'], { cwd: place })
  return { submissions, course: path.join(place, 'course') }
}

test('a roster maps students to what they handed in', async () => {
  const { submissions, course } = await readRoster(
    [
      'name,id,sis_id,login,section,email,submission,submitted_at',
      '"Lovelace, Ada",1,S1,ada,A,ada@example.com,ada,2026-10-01T23:59:00+02:00',
      'Ben,2,,,,,./ben.zip,',
      'Cyd,3,,,,,,',
      'Dan,4,,,,,https://git.example/dan.git#v1,2026-10-02T00:00:00Z',
    ].join('\n'),
  )
  expect(submissions).toEqual([
    {
      id: 'ada',
      student: {
        id: '1',
        name: 'Lovelace, Ada',
        sisUserId: 'S1',
        sisLoginId: 'ada',
        section: 'A',
        email: 'ada@example.com',
      },
      source: { kind: 'folder', path: path.join(course, 'ada') },
      submittedAt: new Date('2026-10-01T21:59:00Z'),
    },
    {
      id: '2',
      student: { id: '2', name: 'Ben' },
      source: { kind: 'zip', path: path.join(course, 'ben.zip') },
    },
    { id: '3', student: { id: '3', name: 'Cyd' }, source: { kind: 'missing' } },
    {
      id: '4',
      student: { id: '4', name: 'Dan' },
      source: { kind: 'git', url: 'https://git.example/dan.git', ref: 'v1' },
      submittedAt: new Date('2026-10-02T00:00:00Z'),
    },
  ])
})

test('Canvas’s gradebook with a column more is a roster', async () => {
  const { submissions } = await readRoster(
    [
      '\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Project 1 (99),Submission',
      ',,,,,Manual Posting,',
      '    Points Possible,,,,,100,',
      '"Lovelace, Ada",4711,S1,ada,"Backend, 1",90,ada',
      '"Student, Test",4712,,d41d8cd9,"Backend, 1",,',
    ].join('\r\n'),
  )
  expect(
    submissions.map(({ id, student, source }) => [id, student.id, student.section, source.kind]),
  ).toEqual([
    ['ada', '4711', 'Backend, 1', 'folder'],
    ['d41d8cd9', '4712', 'Backend, 1', 'missing'],
  ])
})

test.each([';', '\t'])('cells may be separated by %j, as some spreadsheets do', async separator => {
  const { submissions } = await readRoster(`name;id;submission\nAda, L.;1;ada\n`.replaceAll(';', separator))
  expect(submissions[0]?.student.name).toBe('Ada, L.')
})

test('two students may hand in one piece of work', async () => {
  const { submissions } = await readRoster('name,id,submission\nAda,1,ada\nBen,2,ada\n')
  expect(submissions.map(({ id }) => id)).toEqual(['1', '2'])
  expect(submissions[0]?.source).toEqual(submissions[1]?.source)
})

test.each([
  ['ROSTER_COLUMN_MISSING', 'no column "submission"', 'name,id\nAda,1\n'],
  ['ROSTER_COLUMN_MISSING', 'no column "id"', ''],
  ['ROSTER_BROKEN', 'two columns for name', 'name,student,id,submission\nAda,Ada,1,ada\n'],
  ['ROSTER_BROKEN', 'line 3', 'name,id,submission\nAda,1,ada\nBen,2\n'],
  ['ROSTER_BROKEN', 'line 2', 'name,id,submission\n"Ada,1,ada\n'],
  ['ROSTER_VALUE_BROKEN', 'roster.csv:2: id is empty', 'name,id,submission\nAda,,ada\n'],
  ['ROSTER_VALUE_BROKEN', 'roster.csv:2: name is empty', 'name,id,submission\n,1,ada\n'],
  ['ROSTER_VALUE_BROKEN', 'roster.csv:3: submission "gone"', 'name,id,submission\nAda,1,ada\nBen,2,gone\n'],
  ['ROSTER_VALUE_BROKEN', 'roster.csv:2: submission "a.rar"', 'name,id,submission\nAda,1,a.rar\n'],
  ['GIT_URL_REFUSED', 'ext::sh', 'name,id,submission\nAda,1,ext::sh -c x\n'],
  [
    'STUDENT_TWICE',
    'roster.csv:4: id 1 (Cyd) is in line 2, too',
    'name,id,submission\nAda,1,ada\nBen,2,\nCyd,1,\n',
  ],
  ['STUDENT_TWICE', 'sis login id x', 'name,id,login,submission\nAda,1,x,ada\nBen,2,x,\n'],
])('%s says what and where: %s', async (code, what, text) => {
  const failed = readRoster(text, { 'a.rar': '' })
  await expect(failed).rejects.toMatchObject({ code, fix: expect.any(String) })
  await expect(failed).rejects.toThrow(what)
})

test.each(['yesterday', '2026-10-01', '2026-10-01T12:00:00', '2026-02-30T12:00:00Z', '1.10.2026'])(
  '%s is no time that could be compared',
  async text => {
    await expect(readRoster(`name,id,submission,submitted_at\nAda,1,ada,${text}\n`)).rejects.toMatchObject({
      code: 'ROSTER_VALUE_BROKEN',
      message: expect.stringContaining(`roster.csv:2: submitted at "${text}"`),
    })
  },
)

test('a line after cells with line breaks is still named rightly', async () => {
  await expect(readRoster('name,id,submission\n"Ada\nL.",1,ada\nBen,2,gone\n')).rejects.toThrow(
    'roster.csv:4:',
  )
})
