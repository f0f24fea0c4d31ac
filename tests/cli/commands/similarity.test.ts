import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { readSources } from '../../../cli/engine/similarity/source-files.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { packageRoot, runBep } from '../bep.js'
import { disguised } from '../engine/similarity/disguise.js'

let home: string
beforeAll(async () => {
  home = await makeHome()
  return () => rm(home, { recursive: true, force: true })
})

const attack = `export const title = '</span></pre><script>alert(1)</script><img src=x onerror=alert(2)>\\u001b[31m'`

/** `ada` is the independent implementation, `bob` its disguised copy, `eve` the reference. */
async function submissions(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bep-similar-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const subject = path.join(packageRoot, 'fixtures/subjects/01-task-api-node')
  await cp(subject, path.join(dir, 'in/ada'), { recursive: true })
  await cp(path.join(packageRoot, 'projects/01-task-api'), path.join(dir, 'in/eve'), { recursive: true })
  await mkdir(path.join(dir, 'in/bob/other'), { recursive: true })
  await cp(path.join(subject, 'bep.yml'), path.join(dir, 'in/bob/bep.yml'))
  for (const { file, text } of disguised((await readSources(subject)).sources))
    await writeFile(path.join(dir, 'in/bob', file), `${text}${attack}\n`)
  await cp(path.join(packageRoot, 'templates/01-task-api/src'), path.join(dir, 'in/mia'), { recursive: true })
  await cp(path.join(packageRoot, 'templates/01-task-api/src'), path.join(dir, 'in/tom'), { recursive: true })
  return dir
}

test('the copy is listed, the independent work and those who only have the starter are not', async () => {
  const cwd = await submissions()
  const { code, stdout, stderr } = await runBep(['similarity', 'in', '--html', 'similar.html'], { home, cwd })
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^A +B +A in B +B in A +tokens\nada +bob +\d\d % +\d\d % +\d+\n/)
  expect(stdout).toMatch(/^ {2}lib\/\S+\.js:\d+-\d+ {2}= {2}other\/\d+\.js:\d+-\d+$/m)
  expect(stdout).not.toMatch(/\b(eve|mia|tom)\b/)
  expect(stdout).toMatch(/5 submissions/)
  expect(stdout).toMatch(/for a human to judge/)
  expect(stdout).toMatch(/Both sides: similar\.html/)

  const page = await readFile(path.join(cwd, 'similar.html'), 'utf8')
  expect(page).toContain("default-src 'none'")
  // All tags are the page's own, and none of them loads anything.
  const tags = page.match(/<[a-z!][^>]*>/g) ?? []
  expect(tags.filter(tag => /^<(script|img|iframe|link)/.test(tag))).toEqual(['<script>'])
  expect(tags.filter(tag => / (src|on\w+|href="[^#])/.test(tag))).toEqual([])
  expect(page.includes('\u001b')).toBe(false)
  expect(page.includes('&lt;/span&gt;&lt;/pre&gt;&lt;script&gt;alert(1)')).toBe(true)
  expect(page.match(/data-region="0"/g)).toHaveLength(2)
})

test('--json has pairs, groups and settings; --threshold 0 lists everything', async () => {
  const cwd = await submissions()
  const args = [
    'similarity',
    'in/ada',
    'in/bob',
    'in/eve',
    '--threshold',
    '0',
    '--project',
    'project-1',
    '--json',
  ]
  // `eve` has no bep.yml: alone it is a folder of submissions.
  await writeFile(path.join(cwd, 'in/eve/bep.yml'), 'project: project-1\nstart: node main.js\n')
  const { code, stdout } = await runBep(args, { home, cwd })
  expect(code).toBe(0)
  const report = JSON.parse(stdout)
  expect(report.settings).toEqual({ guaranteedTokens: 30, noiseTokens: 15, commonAbove: 10, threshold: 0 })
  expect(report.submissions.map(({ id }: { id: string }) => id)).toEqual(['ada', 'bob', 'eve'])
  expect(report.pairs[0]).toMatchObject({ a: 'ada', b: 'bob' })
  expect(report.pairs.length).toBeGreaterThan(1)
  expect(report.pairs[1].aInB).toBeLessThan(0.1)
})

test('--base takes away what it holds', async () => {
  const cwd = await submissions()
  await cp(path.join(cwd, 'in/ada'), path.join(cwd, 'handout'), { recursive: true })
  const { code, stdout } = await runBep(['similarity', 'in', '--base', 'handout'], { home, cwd })
  expect(code).toBe(0)
  expect(stdout).toMatch(/no pair/)
})

test('archives are compared, too; one that is broken is named', async () => {
  const cwd = await submissions()
  const pack = promisify(execFile)
  for (const name of ['ada', 'bob']) {
    await pack('tar', ['-czf', path.join(cwd, 'in', `${name}.tgz`), '-C', path.join(cwd, 'in', name), '.'])
    await rm(path.join(cwd, 'in', name), { recursive: true })
  }
  await writeFile(path.join(cwd, 'in/kim.zip'), 'no archive')
  const { code, stdout, stderr } = await runBep(['similarity', 'in'], { home, cwd })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ada +bob +\d\d % +\d\d %/m)
  expect(stderr).toMatch(/^kim is not compared: /m)
})

test.each([
  [['similarity', 'nowhere'], /there is nothing at .*nowhere/],
  [['similarity', '.'], /there is no submission in \./],
  [['similarity', '.', '--noise', '40'], /--noise 40 is more than --min-match 30/],
])('%o is refused with a fix', async (args, message) => {
  const cwd = await mkdtemp(path.join(tmpdir(), 'bep-similar-'))
  onTestFinished(() => rm(cwd, { recursive: true, force: true }))
  const { code, stderr } = await runBep(args, { home, cwd })
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/Fix:/)
})
