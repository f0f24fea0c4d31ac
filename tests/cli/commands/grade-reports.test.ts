import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { parse as parseCsv } from 'csv-parse/sync'
import { JSDOM } from 'jsdom'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import { findOnPath } from '../../../fixtures/services/search-path.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, type Outcome, packageRoot, runBep } from '../bep.js'
import { copyWholeSubject, healthyServer, writeWorkspace } from '../workspaces.js'
import { parseXml } from '../xml.js'

let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'place')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (args: readonly string[], env: Record<string, string> = {}) =>
  runBep(['grade', ...args], { home, cwd: place, env })
const read = (...names: string[]) => readFile(path.join(place, ...names), 'utf8')

/** Marks of the gradebook by student. */
const marks = async () =>
  Object.fromEntries(
    parseCsv(await read('grades', 'gradebook.csv'))
      .slice(2)
      .map((cells: string[]) => [cells[0], cells[5]]),
  )

// Servers start in it, beside other tests.
const longTimeoutMs = 150_000

test('a batch is graded and reported', { timeout: longTimeoutMs }, async () => {
  const dir = path.join(place, 'class')
  await copyWholeSubject(path.join(dir, 'ada'))
  await writeWorkspace(path.join(dir, 'bob'), { app: healthyServer('response.writeHead(404).end()') })
  await writeWorkspace(path.join(dir, 'dan'), { settings: 'install: echo "::error::forged"; exit 3\n' })
  const graded = await bep(['class', '--isolation', 'process', '--jobs', '1'], {
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: path.join(place, 'summary.md'),
  })
  await rm(dir, { recursive: true })
  expect(graded).toMatchObject({ code: 0 })
  expect(graded.stdout).toContain(
    'Reports are in grades: gradebook.csv, rows.csv, junit.xml, report.html, students/',
  )
  expect(await marks()).toEqual({ ada: '95', bob: '0', dan: '0' })
  const annotations = graded.stderr.split('\n').filter(line => line.startsWith('::'))
  expect(annotations).toEqual([expect.stringMatching(/^::notice title=dan%3A could not be graded::/)])
  expect(await read('summary.md')).toContain('| ` ada ` | ✅ graded | 95 |')

  const xml = parseXml(await read('grades', 'junit.xml'))
  expect(xml.filter(({ name }) => name === 'testsuite').map(({ attributes }) => attributes.name)).toEqual([
    'ada',
    'bob',
    'dan',
  ])
  const { document } = new JSDOM(await read('grades', 'report.html')).window
  expect(document.querySelectorAll('table.sortable tbody tr')).toHaveLength(3)
  const feedback = await read('grades', 'students', 'bob', 'feedback.md')
  expect(feedback).toMatch(/\*\*0 of 95 points\*\*[\s\S]*### ✗ [\s\S]*\n> [\s\S]*curl[\s\S]*\*\*Hint:\*\* /)
})

test('the reports are made again from the records, without grading, as the settings are now', async () => {
  await writeFile(
    path.join(place, 'bep-grading.yml'),
    'points: 10\ndisclosure: rows\nlate: { due: 2020-01-01T00:00Z, percent: 100, extensions: { nobody: 2020-01-02T00:00Z } }\n',
  )
  const again = await bep(['--report', 'grades'])
  expect(again).toMatchObject({ code: 0, stderr: '' })
  expect(again.stdout).toMatch(/^3 submissions: 2 graded, 1 could not be graded\n/)
  expect(again.stdout).toContain('it tells them the points of each row, and no more')
  expect(again.stdout).toContain('! The extensions of nobody fit nobody in this batch.')
  // Nothing tells when a folder was handed in, so nothing is late, however late it is now.
  expect(again.stdout).toContain('! Nothing tells when 3 of the submissions were handed in')
  expect(await marks()).toEqual({ ada: '10', bob: '0', dan: '0' })
  expect(await read('grades', 'students', 'bob', 'feedback.md')).not.toContain('curl')

  const json = await bep(['--report', 'grades', '--json', '--disclosure', 'hidden'])
  expect(JSON.parse(json.stdout)).toMatchObject({
    outOf: 10,
    submissions: [{ submission: 'ada', mark: { points: 10 } }, {}, {}],
  })
  await rm(path.join(place, 'bep-grading.yml'))
})

test('of a real submission no sentence, hint or message is told that is not disclosed', async () => {
  const { results } = JSON.parse(await read('grades', 'records', 'bob.json')) as GradeRecord
  const checks = results?.rows.flatMap(row => row.checks) ?? []
  const secrets = checks
    .flatMap(({ brief, hints, failure }) => [brief, ...hints, failure?.message.split('\n')[0] ?? ''])
    .filter(text => text !== '')
  expect(secrets.length).toBeGreaterThan(100)
  const toldTo = async (student: string) => {
    const files = await readdir(path.join(place, 'grades', 'students', student))
    const texts = await Promise.all(files.map(file => read('grades', 'students', student, file)))
    return (text: string) =>
      texts.some(one => one.includes(text) || one.includes(JSON.stringify(text).slice(1, -1)))
  }
  await bep(['--report', 'grades'])
  expect(secrets.filter(await toldTo('bob'))).not.toEqual([])
  await bep(['--report', 'grades', '--disclosure', 'names'])
  expect(secrets.filter(await toldTo('bob'))).toEqual([])
  expect(checks.map(({ title }) => title).filter(await toldTo('bob'))).toHaveLength(checks.length)
  for (const disclosure of ['rows', 'hidden']) {
    await bep(['--report', 'grades', '--disclosure', disclosure])
    expect(secrets.filter(await toldTo('bob'))).toEqual([])
  }
  expect(await readdir(path.join(place, 'grades', 'students', 'bob'))).toEqual([
    'feedback.md',
    'results.json',
  ])
})

test('records are read with care', async () => {
  const broken = async (args: readonly string[], message: RegExp) => {
    const { code, stderr } = await bep(args)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  }
  await broken(['--report', 'nowhere'], /there are no records in .*nowhere/)
  await broken(['--report', 'grades', 'class'], /--report grades nothing of class/)
  await broken(['--report', 'grades', '--jobs', '2'], /--jobs has no meaning for --report/)
  await broken(['--report', 'grades', '--due', '2026-11-20T12:00'], /`late\.due`: .*offset from UTC/)
  await appendFile(path.join(place, 'grades', 'records', 'bob.json'), 'x')
  await broken(['--report', 'grades'], /bob\.json is no record/)
})

test('settings are read before anything is graded, and a folder of others is left alone', async () => {
  await writeWorkspace(path.join(place, 'other', 'eve'), { app: healthyServer() })
  const late = await bep(['other', '--out', 'o', '--until', '2026-12-01'])
  expect(late.stderr).toMatch(/`until`: .*offset/)
  await mkdir(path.join(place, 'taken', 'students', 'eve'), { recursive: true })
  const taken = await bep(['other', '--out', 'taken'])
  expect(taken.stderr).toMatch(/taken\/students holds files that bep did not write/)
  for (const { code } of [late, taken]) expect(code).toBe(2)
  expect(existsSync(path.join(place, 'o'))).toBe(false)
  expect(existsSync(path.join(place, 'taken', 'records'))).toBe(false)
})

/** Runs the real script as Gradescope does, with other paths. */
async function runAutograder(root: string): Promise<Pick<Outcome, 'code' | 'stdout' | 'stderr'>> {
  const bin = path.join(root, 'bin')
  await mkdir(bin, { recursive: true })
  await symlink(path.join(packageRoot, 'bin', 'bep.js'), path.join(bin, 'bep')).catch(() => undefined)
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: process.env.HOME,
    TEST_HOME: home,
    BEP_HOME: home,
    BEP_SERVICES: 'local',
    AUTOGRADER_ROOT: root,
  }
  return promisify(execFile)(path.join(root, 'source', 'run_autograder'), { cwd: '/', env }).then(
    said => ({ code: 0, ...said }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
}

test('the autograder for Gradescope grades what is put there', { timeout: longTimeoutMs }, async () => {
  const root = path.join(place, 'autograder')
  const results = path.join(root, 'results', 'results.json')
  await mkdir(path.join(root, 'results'), { recursive: true })
  await writeFile(path.join(place, 'late.csv'), 'email,due\nada@example.com,2026-11-21T12:00Z\n')
  await writeFile(
    path.join(place, 'bep-grading.yml'),
    'late: { due: 2026-11-20T12:00Z, percent: 10, extensions: late.csv }\ndisclosure: names\n',
  )
  const made = await bep(['--gradescope-autograder', 'autograder/source', '--project', '1'])
  expect(made).toMatchObject({ code: 0, stderr: '' })
  const source = path.join(root, 'source')
  expect((await readdir(source)).sort()).toEqual([
    ...['autograder.env', 'bep-grading.yml', 'bep.tgz', 'run_autograder', 'setup.sh'],
  ])
  expect(parseYaml(await readFile(path.join(source, 'bep-grading.yml'), 'utf8'))).toMatchObject({
    late: { extensions: { 'ada@example.com': '2026-11-21T12:00:00.000Z' } },
  })
  await rm(path.join(place, 'bep-grading.yml'))

  await copyWholeSubject(path.join(root, 'submission'))
  await writeFile(
    path.join(root, 'submission_metadata.json'),
    JSON.stringify({
      created_at: '2026-11-21T14:22:32.365935-07:00',
      users: [{ id: 1234, name: 'Ada Lovelace', email: 'ada@example.com' }],
      assignment: { title: 'Task API', total_points: '95.0' },
    }),
  )
  const right = await runAutograder(root)
  expect(right).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ submission +95\/95/) })
  const whole = JSON.parse(await readFile(results, 'utf8'))
  expect(whole).toMatchObject({ score: 85.5, stdout_visibility: 'hidden' })
  expect(whole.output).toBe('Late by 9 h 23 min (due 2026-11-21T12:00:00.000Z): 10 % less.')
  expect(whole.tests[0]).toMatchObject({ score: 12, max_score: 12, status: 'passed' })

  await rm(path.join(root, 'submission'), { recursive: true })
  await mkdir(path.join(root, 'submission'))
  await writeFile(path.join(root, 'submission', 'bep.yml'), 'project: project-4\nstart: node app.mjs\n')
  expect(await runAutograder(root)).toMatchObject({ code: 0 })
  const wrong = JSON.parse(await readFile(results, 'utf8'))
  expect(wrong).toMatchObject({
    score: 0,
    output: expect.stringMatching(/It could not be graded.*\nWRONG_PROJECT/),
  })

  // An error of ours leaves no result, not even that of the run before.
  await writeFile(path.join(root, 'submission_metadata.json'), '{}')
  const ours = await runAutograder(root)
  expect(ours).toMatchObject({ code: 2, stderr: expect.stringContaining('submission_metadata.json') })
  expect(existsSync(results)).toBe(false)
  expect(await leftovers(home)).toEqual([])
})

test('the scripts of the autograder are sound', async () => {
  const files = ['setup.sh', 'run_autograder'].map(name =>
    path.join(packageRoot, 'templates', '_gradescope', name),
  )
  for (const file of files) {
    await promisify(execFile)('bash', ['-n', file])
    const text = await readFile(file, 'utf8')
    expect(text.split('\n')[0]).toBe('#!/usr/bin/env bash')
    expect(text).toContain('\nset -euo pipefail\n')
  }
  const shellcheck = findOnPath(['shellcheck'], process.env.PATH)
  if (shellcheck !== undefined) await promisify(execFile)(shellcheck, files)
})
