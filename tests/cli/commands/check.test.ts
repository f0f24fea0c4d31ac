import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import Sqlite from 'libsql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Results } from '../../../cli/engine/results.js'
import { rubric } from '../../../graders/01-task-api/rubric.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { leftovers, runBep, startBep } from '../bep.js'
import { copySubject, healthyServer, writeWorkspace } from '../workspaces.js'

let home: string
let place: string
/** A server that earns 100 points, and one that earns none. */
let right: string
let wrong: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
  right = await copySubject(path.join(place, 'right'))
  wrong = await writeWorkspace(path.join(place, 'wrong'), { app: healthyServer() })
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (cwd: string, ...args: string[]) => runBep(args, { home, cwd })
const forget = () => bep(right, 'reset', '--progress', '--yes')
const resultsOf = (stdout: string) => JSON.parse(stdout) as Results
const verdicts = ({ rows }: Results) => rows.map(({ id, verdict }) => `${id} ${verdict}`)

test('stops at the first failure, tells it whole, and hints go on from there', async () => {
  const [first, second] = rubric.rows
  if (!first || !second) throw new Error('the rubric has no rows')
  await forget()
  const { code, stdout, stderr } = await bep(wrong, 'check', '--seed', '7')
  expect(code).toBe(1)
  expect(stdout).toMatch(
    new RegExp(`^✗ ${first.id} +0/${first.points} [\\s\\S]*^· ${second.id} +0/${second.points} `, 'm'),
  )
  expect(stdout).toMatch(/BRIEF\.md: \S/)
  expect(stdout).toMatch(/expected {2}string\n {2}got {7}undefined/)
  expect(stdout).toMatch(/\$ curl -i -X POST 'http:\/\/localhost:3000\/\w+'[\s\S]*HTTP 200[\s\S]*\{\}/)
  expect(stdout).toContain('SQL of that request  none')
  expect(stdout).toMatch(/Hint: .*\(1 of \d; next: bep hint\)/)
  expect(stdout).toContain(`0 of ${first.points} points (${100 - first.points} not run)  seed 7`)
  expect(stdout.match(/BRIEF\.md:/g)).toHaveLength(1)
  expect(stdout + stderr).not.toContain('\u001b')
  expect(await leftovers(home)).toEqual([])

  const more = await bep(wrong, 'hint')
  expect(more.stdout).toMatch(/^\S+: .*\n {2}1 of (\d) .*\n {2}2 of \1 /)
  const all = JSON.parse((await bep(wrong, 'hint', '--all', '--json')).stdout)
  expect(all.hints).toHaveLength(all.of)
  expect((await bep(wrong, 'hint')).stdout).toContain('These are all hints')
  expect((await bep(wrong)).stdout).toMatch(new RegExp(`✗ ${first.id} [\\s\\S]*Next: \`${first.id}\``))
})

test('--all goes on to the last row', async () => {
  const { code, stdout } = await bep(wrong, 'check', '--all', '--json')
  expect(code).toBe(1)
  const results = resultsOf(stdout)
  const graded = results.rows.filter(({ kind }) => kind !== 'performance')
  expect(graded.every(row => row.verdict === 'fail' && row.checks.length > 0)).toBe(true)
  expect(results.rows.filter(row => !graded.includes(row))).toMatchObject([{ verdict: 'notRun' }])
  expect(results).toMatchObject({ earned: 0, possible: 95 })
})

test('the same seed replays the same values, another one does not', async () => {
  const sent = async (seed: string) => {
    const { stdout } = await bep(wrong, 'check', 'users', '--seed', seed, '--json')
    return resultsOf(stdout).rows[0]?.checks.map(check => check.failure?.exchange?.curl)
  }
  const [once, again, other] = [await sent('41'), await sent('41'), await sent('42')]
  expect(once?.join()).toContain('curl')
  expect(again).toEqual(once)
  expect(other).not.toEqual(once)
})

test('named rows alone are run', async () => {
  const { code, stdout } = await bep(right, 'check', 'users', 'api-docs', '--json')
  expect(code).toBe(0)
  expect(verdicts(resultsOf(stdout))).toEqual(['users pass', 'api-docs pass'])
})

test('an unknown row is refused, with the nearest', async () => {
  const { code, stderr } = await bep(right, 'check', 'user')
  expect(code).toBe(2)
  expect(stderr).toMatch(/project-1 has no row "user"\n {2}Fix: Did you mean `users`\?.*schema-design/)
})

test('two at once in one workspace both succeed, also as the first commands of a home', async () => {
  const fresh = await makeHome()
  const both = await Promise.all([1, 2].map(() => runBep(['check', 'users'], { home: fresh, cwd: right })))
  expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
    { code: 0, stderr: '' },
    { code: 0, stderr: '' },
  ])
  expect(await leftovers(fresh)).toEqual([])
  await rm(fresh, { recursive: true })
})

test('a signal ends it, and SIGKILL leaves what the next command sweeps', async () => {
  const killed = startBep(['check'], { home, cwd: right })
  await expect.poll(() => readdir(path.join(home, 'runs')), { timeout: 20_000 }).toHaveLength(1)
  await expect
    .poll(async () => (await leftovers(home)).join('\n'), { timeout: 20_000 })
    .toContain('server.js')
  await killed.end('SIGKILL')
  const next = startBep(['check'], { home, cwd: right })
  await next.printed(/removed what a command that was killed had left/)
  await expect
    .poll(async () => (await leftovers(home)).join('\n'), { timeout: 20_000 })
    .toContain('server.js')
  expect((await next.end('SIGINT')).code).toBe(130)
  expect(await leftovers(home)).toEqual([])
})

describe('progress', () => {
  test('is kept, asks to verify again, and survives a server that does not start', async () => {
    await forget()
    expect((await bep(right, 'progress')).stdout).toContain('Nothing graded yet')
    await bep(right, 'check', 'users', 'errors')
    const kept = async () => JSON.parse((await bep(right, 'progress', '--json')).stdout)[0]
    expect(await kept()).toMatchObject({ project: 'project-1', earned: 27 })

    const db = new Sqlite(path.join(home, 'progress.db'))
    db.exec(`update rows set grader_version = 'older' where row = 'users'`)
    db.close()
    const { stdout } = await bep(right, 'progress')
    expect(stdout).toMatch(/✓ users +12\/12 .*first earned \d{4}-\d\d-\d\d {2}verify again/)
    expect(stdout).not.toMatch(/errors.*verify again/)
    expect(stdout).toContain('`bep check --all` confirms your points')
    await bep(right, 'check', 'users')
    expect((await bep(right, 'progress')).stdout).not.toContain('verify again')

    const broken = await writeWorkspace(path.join(place, 'broken'), { app: 'process.exit(1)' })
    expect((await bep(broken, 'check')).code).toBe(2)
    expect(await kept()).toMatchObject({ earned: 27 })
    await bep(wrong, 'check', 'users')
    expect(await kept()).toMatchObject({ earned: 15 })
  }, 120_000)

  test('that is corrupt is kept aside and said, by every command', async () => {
    for (const args of [['progress'], ['hint'], [], ['reset', '--progress', '--yes'], ['check', 'users']]) {
      for (const file of await readdir(home)) if (file.startsWith('progress')) await rm(path.join(home, file))
      await writeFile(path.join(home, 'progress.db'), 'this is not SQLite'.repeat(500))
      const { code, stderr } = await bep(right, ...args)
      const [, aside = ''] = stderr.match(/kept as (\S+);/) ?? []
      expect(code).toBe(0)
      expect(await readFile(aside, 'utf8')).toContain('this is not SQLite')
    }
  })

  test.each([
    ['progress file', 'progress.db'],
    ['home', 'version'],
  ])('a %s of a newer bep is refused and left as it is', async (_name, file) => {
    const newer = await makeHome()
    if (file === 'version') await writeFile(path.join(newer, 'version'), '99\n')
    else {
      const db = new Sqlite(path.join(newer, file))
      db.exec('pragma user_version = 99')
      db.close()
    }
    for (const args of [['progress'], ['hint'], ['check', 'users']]) {
      const { code, stderr } = await runBep(args, { home: newer, cwd: right })
      expect(code).toBe(2)
      expect(stderr).toContain(newer)
      expect(stderr).toMatch(/was written by a newer bep[\s\S]*Fix: Update bep, or set BEP_HOME/)
    }
    expect(await readdir(newer)).toContain(file)
    expect((await readdir(newer)).filter(name => name.includes('corrupt'))).toEqual([])
    expect(await leftovers(newer)).toEqual([])
    await rm(newer, { recursive: true })
  })

  test('a home that cannot be is named', async () => {
    const { code, stderr } = await runBep(['check'], {
      home: path.join(right, 'bep.yml', 'home'),
      cwd: right,
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/bep\.yml\/home[\s\S]*Fix: .*BEP_HOME/)
    expect(stderr).not.toContain('bug of bep')
  })
})
