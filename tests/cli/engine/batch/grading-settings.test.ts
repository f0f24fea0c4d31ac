import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findExtension, unusedExtensions } from '../../../../cli/engine/batch/extensions.js'
import { gradeRecordSchema } from '../../../../cli/engine/batch/grade-record.js'
import { gradingSettingsSchema, readGradingSettings } from '../../../../cli/engine/batch/grading-settings.js'
import { studentResultSchema } from '../../../../cli/engine/batch/student-result.js'
import { packageRoot } from '../../bep.js'
import { recordOf } from './records.js'

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'bep-settings-'))
})
afterAll(() => rm(cwd, { recursive: true, force: true }))
beforeEach(() => rm(path.join(cwd, 'bep-grading.yml'), { force: true }))

const write = (text: string, name = 'bep-grading.yml') => writeFile(path.join(cwd, name), text)

test.each([
  ['grade-record', gradeRecordSchema, 'output'],
  ['grading-settings', gradingSettingsSchema, 'input'],
  ['student-result', studentResultSchema, 'output'],
] as const)('the published schema of %s is the one that the engine uses', async (name, schema, io) => {
  const published = JSON.parse(
    await readFile(path.join(packageRoot, 'schemas', `${name}.schema.json`), 'utf8'),
  )
  expect(published).toEqual(z.toJSONSchema(schema, { io }))
})

test('without a file everything has a default', async () => {
  expect(await readGradingSettings({ cwd })).toEqual({
    decimals: 2,
    missing: 'zero',
    disclosure: 'full',
    afterwards: 'full',
    until: undefined,
    extensions: [],
  })
})

test('a whole file, with extensions in it', async () => {
  await write(`
assignment: Task API (4711)
points: 10
decimals: 1
missing: empty
disclosure: hidden
until: 2026-12-01T00:00Z
afterwards: names
late:
  due: 2026-11-20T23:59+01:00
  graceMinutes: 10
  percent: 5
  per: hour
  maximumPercent: 40
  cutOff: 2026-11-27T23:59:00+01:00
  extensions:
    ada: 2026-11-25T12:00:00Z
`)
  expect(await readGradingSettings({ cwd })).toEqual({
    assignment: 'Task API (4711)',
    points: 10,
    decimals: 1,
    missing: 'empty',
    disclosure: 'hidden',
    until: new Date('2026-12-01T00:00:00Z'),
    afterwards: 'names',
    late: {
      due: new Date('2026-11-20T22:59:00Z'),
      graceMinutes: 10,
      percent: 5,
      per: 'hour',
      maximumPercent: 40,
      cutOff: new Date('2026-11-27T22:59:00Z'),
    },
    extensions: [{ who: 'ada', due: new Date('2026-11-25T12:00:00Z') }],
  })
})

test('the settings that the README shows can be meant', async () => {
  const readme = await readFile(path.join(packageRoot, 'README.md'), 'utf8')
  const shown = /```yaml\n(assignment: [\s\S]*?)```/.exec(readme)?.[1] ?? ''
  await write(shown)
  await write('SIS Login ID,due\nada,2026-11-22T12:00Z\n', 'roster.csv')
  const settings = await readGradingSettings({ cwd })
  expect(settings).toMatchObject({ assignment: 'Task API (4711)', points: 10, afterwards: 'names' })
  expect(settings.extensions).toHaveLength(1)
})

test('the command line has the last word', async () => {
  await write('disclosure: hidden\nuntil: 2026-12-01T00:00Z\nlate:\n  due: 2026-11-20T12:00Z\n  percent: 5\n')
  const asked = { cwd, disclosure: 'rows', due: '2026-11-21T12:00Z' }
  expect(await readGradingSettings(asked)).toMatchObject({
    disclosure: 'rows',
    until: undefined,
    late: { due: new Date('2026-11-21T12:00Z'), percent: 5 },
  })
  expect(await readGradingSettings({ cwd, until: '2026-12-24T00:00Z' })).toMatchObject({
    disclosure: 'hidden',
    until: new Date('2026-12-24T00:00Z'),
  })
})

describe('what cannot be meant is refused with its line', () => {
  test.each([
    [
      'decimals: 2\nlate:\n  due: 2026-11-20T23:59:00\n',
      /bep-grading\.yml:3: `late\.due`: .*another time in each time zone.*offset/,
    ],
    ['late:\n  due: 2026-11-20\n', /:2: `late\.due`: .*offset/],
    ['late:\n  due: 2026-02-30T12:00Z\n', /there is no such day/],
    ['late:\n  due: 2026-11-20T25:00Z\n', /there is no such day or time/],
    ['late:\n  due: 2026-11-20T24:00Z\n', /there is no such day or time/],
    ['late:\n  due: 2026-11-20T12:60Z\n', /there is no such day or time/],
    ['late:\n  due: 2026-11-20T12:00:60Z\n', /there is no such day or time/],
    ['late:\n  due: 2026-13-20T12:00Z\n', /there is no such day or time/],
    ['late:\n  due: 2026-11-20T12:00+25:00\n', /there is no such day or time/],
    ['late:\n  due: 2026-10-25T02:30:00 Europe/Berlin\n', /no date and time with an offset/],
    ['late:\n  due: tomorrow\n', /"tomorrow" is no date and time/],
    [
      'late:\n  due: 2026-11-20T12:00Z\n  cutOff: 2026-11-19T12:00Z\n',
      /:3: `late\.cutOff`: lies before `due`/,
    ],
    ['late:\n  percent: 5\n', /`late\.due`: must be a date/],
    ['late:\n  due: 2026-11-20T12:00Z\n  percent: 500\n', /:3: `late\.percent`/],
    ['until: 2026-12-01T00:00Z\n', /:1: `until`: goes with `disclosure: hidden` only/],
    ['disclosure: some\n', /:1: `disclosure`/],
    ['\ndiscloze: full\n', /:2: `discloze`: there is no such setting/],
    ['assignment: Final Score\n', /:1: `assignment`: is the name of a column that Canvas computes/],
    ['late: [\n', /bep-grading\.yml:\d: /],
    ['- 1\n', /expected `key: value` lines/],
  ])('%j', async (text, message) => {
    await write(text)
    await expect(readGradingSettings({ cwd })).rejects.toMatchObject({
      code: 'GRADING_SETTINGS_BROKEN',
      message: expect.stringMatching(message),
    })
  })

  test('on the command line', async () => {
    await expect(readGradingSettings({ cwd, due: '2026-11-20T23:59' })).rejects.toThrow(
      /the command line: `late\.due`: .*offset/,
    )
    await expect(readGradingSettings({ cwd, file: 'none.yml' })).rejects.toThrow(/none\.yml cannot be read/)
  })
})

describe('extensions in a CSV file', () => {
  const settings = 'late:\n  due: 2026-11-20T12:00Z\n  extensions: roster.csv\n'

  test('may be a column of the roster', async () => {
    await write(settings)
    await write(
      '\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Due\nLovelace,101,,,A,2026-11-22T12:00Z\nHopper,,,grace,A,2026-11-23T12:00+01:00\nTuring,103,,,A,\n',
      'roster.csv',
    )
    const { extensions } = await readGradingSettings({ cwd })
    expect(extensions).toEqual([
      { who: '101', by: 'id', due: new Date('2026-11-22T12:00Z') },
      { who: 'grace', by: 'sisloginid', due: new Date('2026-11-23T11:00Z') },
    ])
    expect(findExtension(extensions, recordOf('a'))?.who).toBe('101')
    // The digits are another student's name in another column.
    expect(findExtension(extensions, recordOf('101', { student: { id: '7', name: 'x' } }))).toBeUndefined()
    expect(unusedExtensions(extensions, [recordOf('a')]).map(({ who }) => who)).toEqual(['grace'])
  })

  test.each([
    ['ID,due\n101,2026-11-22\n', /roster\.csv: line 2: "2026-11-22" means another time/],
    ['name,due\nAda,2026-11-22T12:00Z\n', /line 2: no column says whose/],
    ['ID,due\n"101,2026-11-22T12:00Z\n', /roster\.csv: /],
  ])('that is broken is refused with its line: %j', async (text, message) => {
    await write(settings)
    await write(text, 'roster.csv')
    await expect(readGradingSettings({ cwd })).rejects.toMatchObject({
      code: 'EXTENSIONS_BROKEN',
      message: expect.stringMatching(message),
    })
  })
})
