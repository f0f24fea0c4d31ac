import { appendFile, copyFile, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { availableTiers } from '../../hostile/tiers.js'
import { leftovers, runBep, startBep } from '../bep.js'
import { killPostgres } from '../postgres.js'
import { copyWholeSubject, healthyServer, writeWorkspace } from '../workspaces.js'

const tiers = await availableTiers()
let home: string
let place: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'place')
  await mkdir(place)
})
afterAll(() => rm(home, { recursive: true, force: true }))

const bep = (...args: string[]) => runBep(['grade', ...args], { home, cwd: place })
const unprotected = ['--isolation', 'process']
const recordsDir = (out: string) => path.join(place, out, 'records')
const names = (out: string) => readdir(recordsDir(out)).catch(() => [] as string[])
const text = (out: string, id: string) => readFile(path.join(recordsDir(out), `${id}.json`), 'utf8')
const record = async (out: string, id: string) => JSON.parse(await text(out, id)) as GradeRecord

/** A server without a single right answer, which costs little time. */
const empty = healthyServer('response.writeHead(404).end()')

test('a batch that is killed goes on where it was: nothing is lost, done twice or left running', async () => {
  const dir = path.join(place, 'class')
  const [count, go] = [path.join(place, 'count'), path.join(place, 'go')]
  await copyWholeSubject(path.join(dir, 'ada'))
  for (const twin of ['bob', 'bea']) {
    await writeWorkspace(path.join(dir, twin), { app: empty, settings: `install: echo once >> ${count}\n` })
  }
  await writeWorkspace(path.join(dir, 'dan'), { settings: 'install: echo "\\e]0;owned\\a"; exit 3\n' })
  await writeWorkspace(path.join(dir, 'eve'), {
    app: `import { createServer } from 'node:http'
      createServer((_, response) => response.end()).listen(0, '127.0.0.1')`,
  })
  await writeWorkspace(path.join(dir, 'slow\u001b]0;owned\u0007'), {
    app: empty,
    settings: `install: while [ ! -e ${go} ]; do sleep 0.05; done\n`,
  })
  const [slow = ''] = (await readdir(dir)).filter(name => name.startsWith('slow'))

  const running = startBep(['grade', 'class', ...unprotected, '--seed', '7', '--jobs', '3'], {
    home,
    cwd: place,
  })
  await expect.poll(() => names('grades'), { timeout: 50_000, interval: 20 }).toHaveLength(5)
  const rival = await bep('class', ...unprotected, '--resume')
  expect(rival).toMatchObject({ code: 2, stderr: expect.stringContaining('another bep grades into') })
  const before = await Promise.all(
    (await names('grades')).map(async name => [name, await text('grades', path.parse(name).name)]),
  )
  const { stdout: said } = await running.end('SIGKILL')
  expect(said).toMatch(/^6 submissions, 3 at a time {2}seed 7 · isolation process\n/)
  expect(said).toMatch(/✓ ada +95\/95\n/)
  expect(said).toMatch(/✗ dan +cannot be graded INSTALL_FAILED: the install command/)
  expect(said).toMatch(/✗ eve +0\/95 APP_WRONG_PORT: the server listens on port \d+/)
  expect(said).not.toMatch(/[^\n\P{Cc}]/u)

  const refused = await bep('class', ...unprotected)
  expect(refused.stderr).toMatch(/holds the records of 5 submissions already\n {2}Fix: .*--resume.*--out/)
  expect(refused.code).toBe(2)

  await writeFile(go, '')
  const resumed = await bep('class', ...unprotected, '--resume', '--json')
  expect(resumed.code).toBe(0)
  const summary = JSON.parse(resumed.stdout)
  expect(summary).toMatchObject({ seed: 7, kept: 5, finished: true })
  expect(summary.submissions).toHaveLength(6)
  for (const [name = '', content] of before) {
    expect(await text('grades', path.parse(name).name)).toBe(content)
  }
  expect(await names('grades')).toHaveLength(6)
  expect(await readFile(count, 'utf8')).toBe('once\n')
  expect(await record('grades', 'ada')).toMatchObject({
    outcome: 'graded',
    attempts: 1,
    source: path.join(dir, 'ada'),
    results: { earned: 95, possible: 95, seed: 7, isolation: 'process', workspace: path.join(dir, 'ada') },
  })
  const [bob, bea] = [await record('grades', 'bob'), await record('grades', 'bea')]
  expect({ ...bob, submission: 'bea', student: bea.student, source: bea.source }).toEqual({
    ...bea,
    results: { ...bea.results, workspace: bob.source },
  })
  expect(await record('grades', 'dan')).toMatchObject({ outcome: 'ungradable', attempts: 1 })
  const odd = (await names('grades')).find(name => name.startsWith('slow')) ?? ''
  expect(odd).toMatch(/^[A-Za-z0-9._-]+$/)
  expect((await record('grades', path.parse(odd).name)).results?.seed).toBe(7)
  expect(await leftovers(home)).toEqual([])

  // What is changed or half written is graded again, and nothing else.
  await appendFile(path.join(dir, 'bob', 'app.mjs'), '// changed\n')
  await writeFile(path.join(recordsDir('grades'), 'eve.json'), '{"version": 1, "subm')
  await rm(path.join(dir, slow), { recursive: true })
  const again = await bep('class', ...unprotected, '--resume', '--only', 'ada', 'bob', 'eve')
  expect(again.code).toBe(0)
  expect(again.stderr).toContain('records/eve.json is no JSON')
  expect(again.stdout.match(/^. \w+ /gm)).toEqual(expect.arrayContaining(['· bob ', '✗ eve ']))
  expect(again.stdout).toContain('1 as they were')
  expect((await record('grades', 'bob')).hash).not.toBe(bob.hash)
  expect(await text('grades', 'bea')).toBe(`${JSON.stringify(bea, null, 2)}\n`)
}, 120_000)

test('what is ours is tried again, and never the student’s fault', async () => {
  const dir = path.join(place, 'ours')
  const asked = path.join(place, 'asked')
  await copyWholeSubject(path.join(dir, 'ada'))
  await writeFile(
    path.join(dir, 'ada', 'preload.mjs'),
    `import http from 'node:http'
    import { writeFileSync } from 'node:fs'
    const emit = http.Server.prototype.emit
    let requests = 0
    http.Server.prototype.emit = function (event, ...rest) {
      if (event === 'request' && ++requests === 12) writeFileSync(${JSON.stringify(asked)}, '')
      return emit.call(this, event, ...rest)
    }`,
  )
  await writeFile(
    path.join(dir, 'ada', 'bep.yml'),
    'project: project-1\nstart: node --import ./preload.mjs server.js\n',
  )
  const killed = async (...args: string[]) => {
    await rm(asked, { force: true })
    const running = startBep(['grade', 'ours', '--out', 'ours-out', ...unprotected, ...args], {
      home,
      cwd: place,
    })
    await expect.poll(() => readdir(place), { timeout: 30_000, interval: 5 }).toContain('asked')
    await killPostgres(home)
    return running.ended
  }
  const once = await killed('--retries', '0')
  expect(once.code).toBe(2)
  expect(once.stdout).toMatch(/! ada +error \(ours\) SERVICE_GONE: Postgres is gone/)
  expect(once.stdout).toContain('Errors are ours and cost nobody points')
  const failed = await record('ours-out', 'ada')
  expect(failed).toMatchObject({ outcome: 'error', attempts: 1 })
  expect(failed).not.toHaveProperty('results')

  await writeWorkspace(path.join(dir, 'bob'), { settings: 'install: exit 3\n' })
  const twice = await killed('--resume')
  expect(twice.code).toBe(0)
  expect(twice.stdout).toMatch(/✓ ada +95\/95 \(tried 2 times\)/)
  expect(await record('ours-out', 'ada')).toMatchObject({ outcome: 'graded', attempts: 2 })
  expect(await record('ours-out', 'bob')).toMatchObject({ outcome: 'ungradable', attempts: 1 })
  expect(await leftovers(home)).toEqual([])
}, 120_000)

test('Ctrl-C ends it in good order and says how to go on', async () => {
  await writeWorkspace(path.join(place, 'endless', 'ada'), { settings: 'install: exit 3\n' })
  await writeWorkspace(path.join(place, 'endless', 'bob'), { settings: 'install: sleep 600\n' })
  const running = startBep(['grade', 'endless', '--out', 'ended', ...unprotected], { home, cwd: place })
  await expect.poll(() => names('ended'), { timeout: 20_000 }).toEqual(['ada.json'])
  const { code, stdout, stderr } = await running.end('SIGINT')
  expect(code).toBe(130)
  expect(stdout).toMatch(/1 submission: 1 ungradable[\s\S]*the same command with --resume goes on/)
  expect(stderr).toBe('')
  expect(await names('ended')).toEqual(['ada.json'])
  expect(await leftovers(home)).toEqual([])
  expect(await readdir(path.join(place, 'ended'))).toEqual(['records'])
})

describe.skipIf(!tiers.includes('sandbox'))('what a batch signs', () => {
  /** A server that says what it sees of these files and folders. */
  const spying = (files: readonly string[]) =>
    healthyServer(
      'files.forEach(look); response.writeHead(404).end()',
      `import { readdirSync, readFileSync, statSync } from 'node:fs'
      const files = ${JSON.stringify(files)}
      const read = file => statSync(file).isDirectory() ? readdirSync(file).join() : readFileSync(file, 'utf8')
      const look = file => {
        try { console.log('SAW', file, read(file) || 'nothing') } catch (error) { console.log(error.code, file) }
      }`,
    )
  const linesOf = async (out: string) => {
    const { results } = await record(out, 'eve')
    return results?.rows.flatMap(row => row.checks.flatMap(check => check.failure?.logs ?? [])) ?? []
  }

  test('is signed with a key of bep’s own that no submission sees, wherever Node.js lies', async () => {
    // All that lies around Node.js is shown to submissions.
    const program = path.join(home, 'bin', 'node')
    await mkdir(path.dirname(program))
    await copyFile(await realpath(process.execPath), program)
    const inner = path.join(home, 'inner')
    await mkdir(inner, { mode: 0o711 })
    await writeWorkspace(path.join(place, 'shown', 'eve'), { app: spying([inner, path.join(home, 'shown')]) })
    await writeFile(path.join(home, 'shown'), 'for all to see')
    const args = ['grade', 'shown', '--out', 'shown-out', '--isolation', 'sandbox']
    const { code, stdout } = await runBep(args, { home: inner, cwd: place, program })
    expect([code, stdout]).toEqual([0, expect.stringContaining('signed with key')])
    expect(await readdir(path.join(inner, 'keys'))).toContain('grading.pem')
    const lines = await linesOf('shown-out')
    expect(lines).toContain(`SAW ${path.join(home, 'shown')} for all to see`)
    expect(lines).toContain(`SAW ${inner} nothing`)

    await bep('--keygen', 'shown.pem')
    const named = await runBep([...args, '--resume', '--key', 'shown.pem'], {
      home: inner,
      cwd: place,
      program,
    })
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('lies among the programs') })
  }, 60_000)

  test('is certified as long as nobody has changed it, and no submission gets at the key', async () => {
    const key = path.join(place, 'grading.pem')
    expect((await bep('--keygen', 'grading.pem')).stdout).toContain('grading.pem.pub')
    const files = [key, path.join(home, 'keys', 'grading.pem'), path.join(home, 'version')]
    await writeWorkspace(path.join(place, 'signed', 'eve'), { app: spying([...files, '/proc/1/environ']) })
    const sandboxed = ['signed', '--out', 'signed-out', '--isolation', 'sandbox']
    const first = await bep(...sandboxed, '--key', 'grading.pem')
    expect(first.code).toBe(0)
    const lines = await linesOf('signed-out')
    expect(lines).toContain(`ENOENT ${key}`)
    expect(lines).toContain(`ENOENT ${path.join(home, 'version')}`)
    expect(lines.join('\n')).not.toMatch(/PRIVATE KEY|BEP_HOME/)

    const file = path.join('signed-out', 'records', 'eve.json')
    const verify = (...args: string[]) => bep('--verify', file, ...args)
    const good = await verify('--public-key', 'grading.pem.pub')
    expect(good.stdout).toMatch(/^✓ .*eve\.json {2}eve .* · 0 of 95 points · graded in sandbox · 20/)
    expect(good.code).toBe(0)
    const students = path.join('signed-out', 'students', 'eve', 'results.json')
    const theirs = await bep('--verify', students, '--public-key', 'grading.pem.pub')
    expect(theirs.stdout).toMatch(/^✓ .*results\.json {2}eve .* · 0 of 95 points · graded in sandbox · 20/)
    expect(theirs.code).toBe(0)
    const content = await text('signed-out', 'eve')
    await writeFile(path.join(place, file), content.replace('"earned": 0', '"earned": 95'))
    const changed = await verify('--public-key', 'grading.pem.pub')
    expect(changed).toMatchObject({ code: 1, stdout: expect.stringContaining('changed after it was signed') })

    const again = await bep(...sandboxed, '--key', 'grading.pem', '--resume')
    expect(again.stderr).toContain('records/eve.json was changed: it does not count')
    expect((await verify('--public-key', 'grading.pem.pub')).code).toBe(0)
    await bep('--keygen', 'other.pem')
    expect((await verify('--public-key', 'other.pem.pub')).stdout).toContain('signed with another key')

    const exposed = await bep('signed', '--out', 'exposed', ...unprotected, '--key', 'grading.pem')
    expect(exposed).toMatchObject({ code: 2, stderr: expect.stringContaining('could read the key') })
    await bep('--keygen', path.join('signed', 'key.pem'))
    const among = await bep('signed', '--out', 'among', '--key', path.join('signed', 'key.pem'))
    expect(among).toMatchObject({ code: 2, stderr: expect.stringContaining('lies among the submissions') })
  }, 60_000)
})

describe('what cannot be meant is refused before the work', () => {
  beforeAll(async () => {
    await writeWorkspace(path.join(place, 'one', 'ada'), {})
    await mkdir(path.join(place, 'none'))
    await writeFile(path.join(place, 'file'), '')
  })
  test.each([
    [['nowhere'], 'nowhere'],
    [['none'], 'there is no submission in none'],
    [['one', '--only', 'adda'], 'there is no submission "adda"\n  Fix: Did you mean `ada`?'],
    [['one', '--regrade', 'bob'], 'there is no submission "bob"'],
    [['one', '--out', 'file', ...unprotected], 'cannot write into'],
    [['one', '--project', 'project-99'], 'project-99'],
    [['one', '--no-bench'], '--no-bench has no meaning for a batch'],
    [['--resume'], 'Name the submissions first, as in `bep grade submissions/ --resume`'],
    [['one', '--jobs', '0'], 'whole number from 1 on'],
    [['one', '--keygen', 'k'], '--keygen grades nothing'],
    [['--verify', 'file', '--seed', '1'], '--seed has no meaning for --verify'],
    [['--verify', 'nowhere.json'], 'cannot read'],
    [['one', '--isolation', 'process', '--require', 'sandbox'], 'weaker than "sandbox"'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await bep(...args)
    expect(stderr).toContain(message)
    expect(stderr).toContain('Fix: ')
    expect([code, stdout]).toEqual([2, ''])
  })
})
