import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { writeReports } from '../../../cli/commands/batch-reports.js'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import type { GradingSettings } from '../../../cli/engine/batch/grading-settings.js'
import { packageRoot } from '../bep.js'
import {
  checkOf,
  failedRow,
  plainSettings,
  recordOf,
  resultsOf,
  rowOf,
  unjudged,
} from '../engine/batch/records.js'

let place: string
let out: string
beforeAll(async () => {
  place = await mkdtemp(path.join(tmpdir(), 'bep-reports-'))
})
afterAll(() => rm(place, { recursive: true, force: true }))
beforeEach(async () => {
  out = await mkdtemp(path.join(place, 'out-'))
})

/** Each text that a check or its failure holds, by how much must be disclosed for it to be told. */
const texts = {
  title: 'title-of-the-failed-check',
  brief: 'sentence-of-the-brief',
  hint: 'hint-of-level-one',
  secondHint: 'hint-of-level-two',
  message: 'message-of-the-failure',
  expected: 'what-was-expected',
  got: 'what-was-got',
  curl: "curl 'http://localhost:3000/the-request'",
  body: 'body-of-the-answer',
  sql: 'select the_statement',
  log: 'line-of-the-log',
  reason: 'reason-why-not-run',
  ours: 'message-of-our-error',
  unstartable: 'message-of-an-app-that-does-not-start',
  leftOut: 'file-that-was-left-out',
  path: '/srv/graders',
}

const failed = failedRow({
  title: texts.title,
  brief: texts.brief,
  hints: [texts.hint, texts.secondHint],
  failure: {
    ...{ message: texts.message, expected: texts.expected, got: texts.got, logs: [texts.log] },
    exchange: { curl: texts.curl, status: 500, headers: {}, body: texts.body },
    statements: [{ sql: texts.sql, params: [], tag: 'SELECT 1' }],
  },
})
failed.checks.push(checkOf({ verdict: 'notRun', reason: texts.reason, hints: [texts.secondHint] }))

const records: readonly GradeRecord[] = [
  recordOf('ada', {
    results: resultsOf([rowOf(), failed], { workspace: `${texts.path}/s1` }),
    leftOut: [{ file: texts.leftOut, why: 'a link' }],
  }),
  recordOf('erred', {
    results: resultsOf([
      rowOf({
        verdict: 'error',
        earned: 0,
        checks: [
          checkOf({ verdict: 'error', reason: texts.ours, failure: { message: texts.ours, logs: [] } }),
        ],
      }),
    ]),
  }),
  unjudged('grace', 'ungradable', { problem: { code: 'INSTALL_FAILED', message: texts.unstartable } }),
  unjudged('alan', 'missing'),
  unjudged('edsger', 'error', { problem: { code: 'SERVICE_GONE', message: texts.ours } }),
]

async function studentTexts(settings: Partial<GradingSettings>, now?: Date): Promise<Record<string, string>> {
  await writeReports(records, { out, settings: { ...plainSettings, ...settings }, ...(now && { now }) })
  const dir = path.join(out, 'students')
  const names = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = names.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name))
  const read = files.map(async file => [path.relative(dir, file), await readFile(file, 'utf8')] as const)
  return Object.fromEntries(await Promise.all(read))
}

const told = (files: Record<string, string>) =>
  Object.entries(texts)
    .filter(([, text]) => Object.values(files).some(file => file.includes(text)))
    .map(([name]) => name)

const never = ['secondHint', 'ours', 'path']
const all = Object.keys(texts).filter(name => !never.includes(name))

test.each([
  ['full', all],
  ['names', ['title']],
  ['rows', []],
  ['hidden', []],
] as const)('with disclosure %s the students files tell this and no more', async (disclosure, expected) => {
  const files = await studentTexts({ disclosure })
  expect(told(files).sort()).toEqual([...expected].sort())
  const isHidden = disclosure === 'hidden'
  expect(Object.keys(files).sort()).toEqual(
    [
      '.made-by-bep',
      ...['ada', 'alan', 'grace'].flatMap(name => [
        `${name}/feedback.md`,
        ...(isHidden ? [] : [`${name}/gradescope.json`]),
        `${name}/results.json`,
      ]),
      // No mark was made: there is nothing that Gradescope could show.
      ...['edsger', 'erred'].flatMap(name => [`${name}/feedback.md`, `${name}/results.json`]),
    ].sort(),
  )
  // Not even by the length of a list.
  if (isHidden) {
    const result = JSON.parse(files['ada/results.json'] ?? '')
    expect(result).toEqual({ version: 1, submission: 'ada', disclosure: 'hidden' })
    expect(files['ada/feedback.md']).not.toMatch(/\d/)
  }
})

test('each file tells what it should where all is disclosed', async () => {
  const files = await studentTexts({})
  const { title, brief, hint, message, expected, got, curl, body } = texts
  for (const text of [title, brief, hint, message, expected, got, curl, body]) {
    for (const name of ['feedback.md', 'gradescope.json', 'results.json'])
      expect(files[`ada/${name}`]).toContain(text)
  }
  expect(files['ada/feedback.md']).toContain('**12 of 20 points**')
  expect(files['alan/feedback.md']).toContain('Nothing was handed in.')
  expect(files['edsger/feedback.md']).toMatch(/an error that is not yours\. There is no mark yet/)
})

test('what was hidden is told from the date on, and hidden again where the date is moved', async () => {
  const until = new Date('2026-12-01T00:00Z')
  const hidden = { disclosure: 'hidden', until, afterwards: 'names' } as const
  const before = await studentTexts(hidden, new Date('2026-11-30T23:59:59Z'))
  expect(told(before)).toEqual([])
  expect(before['ada/feedback.md']).toContain('2026-12-01T00:00:00.000Z')
  expect(told(await studentTexts(hidden, until))).toEqual(['title'])
  const again = await studentTexts({ ...hidden, until: new Date('2026-12-24T00:00Z') }, until)
  expect(Object.keys(again)).not.toContain('ada/gradescope.json')
})

test('results.json of students follows its schema', async () => {
  const ajv = new Ajv2020({ allErrors: true })
  addFormats.default(ajv)
  const schema = path.join(packageRoot, 'schemas', 'student-result.schema.json')
  const validate = ajv.compile(JSON.parse(await readFile(schema, 'utf8')))
  for (const disclosure of ['full', 'names', 'rows', 'hidden'] as const) {
    const files = await studentTexts({ disclosure })
    for (const [name, text] of Object.entries(files).filter(([file]) => file.endsWith('results.json'))) {
      validate(JSON.parse(text))
      expect([name, validate.errors]).toEqual([name, null])
    }
  }
})

test('a folder that cannot be written is named', async () => {
  const file = path.join(out, 'file')
  await writeFile(file, '')
  await expect(writeReports(records, { out: file, settings: plainSettings })).rejects.toMatchObject({
    code: 'REPORT_UNWRITABLE',
    message: expect.stringContaining(file),
  })
})

test('a folder of others is not written over, and one of ours loses who has left', async () => {
  await mkdir(path.join(out, 'students', 'ada'), { recursive: true })
  await writeFile(path.join(out, 'students', 'ada', 'app.js'), 'work')
  const options = { out, settings: plainSettings }
  await expect(writeReports(records, options)).rejects.toMatchObject({ code: 'OUT_TAKEN' })
  expect(existsSync(path.join(out, 'students', 'ada', 'app.js'))).toBe(true)

  await rm(path.join(out, 'students'), { recursive: true })
  await writeReports(records, options)
  await writeReports(records.slice(0, 1), options)
  expect(await readdir(path.join(out, 'students'))).toEqual(['.made-by-bep', 'ada'])
  expect((await readdir(out)).sort()).toEqual([
    'gradebook.csv',
    'junit.xml',
    'report.html',
    'rows.csv',
    'students',
  ])
})
