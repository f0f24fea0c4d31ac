import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { diffJson } from '../../../cli/ui/diff-report.js'
import { findOnPath } from '../../../fixtures/services/search-path.js'
import { makeHome } from '../../fixtures/temporary-home.js'
import { hasTerminal, leftovers, packageRoot, runBep, startBep } from '../bep.js'
import { copySubject, healthyServer, writeWorkspace } from '../workspaces.js'

// Most tests run bep several times, and each run starts two servers.
vi.setConfig({ testTimeout: 180_000 })

let home: string
let place: string
/** An implementation of project-1 that earns 100 points. */
let right: string
beforeAll(async () => {
  home = await makeHome()
  place = path.join(home, 'workspaces')
  await mkdir(place)
  right = await copySubject(path.join(place, 'right'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const diff = (cwd: string, ...args: string[]) => runBep(['diff', ...args], { home, cwd })
const jsonOf = (stdout: string) => JSON.parse(stdout) as ReturnType<typeof diffJson>
const user = '{"name": "Ada", "email": "ada@example.com"}'

/** The right implementation with each answer put through this function `({ status, headers, body }) => …`. */
const changed = (name: string, change: string) =>
  copySubject(
    path.join(place, name),
    `
import { ServerResponse } from 'node:http'
const { writeHead, end } = ServerResponse.prototype
const change = ${change}
ServerResponse.prototype.writeHead = function (status, { 'content-length': _, ...headers } = {}) {
  this.begun = { status, headers }
  return this
}
ServerResponse.prototype.end = function (text) {
  const { status, headers, body } = change({ ...this.begun, body: text ? JSON.parse(text) : undefined })
  writeHead.call(this, status, headers)
  return end.call(this, JSON.stringify(body))
}
`,
  )

describe('project-1', () => {
  test('a right server is the same, whatever its ids and its wording', async () => {
    const { code, stdout, stderr } = await diff(
      right,
      'POST',
      '/tasks',
      '--before',
      `POST /users ${user}`,
      '--data',
      '{"title": " Tea ", "userId": "{{1.id}}", "dueAt": "2026-03-01T10:30:00+01:00"}',
    )
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^✓ 1 POST \/users {2}201\n\nPOST \/tasks\n\n {3}HTTP 201\n {3}content-type/)
    expect(stdout).toContain('   location: /tasks/<id 2>')
    expect(stdout).toContain('"title": "Tea"')
    expect(stdout).toContain('"userId": "<id 1>"')
    expect(stdout).toMatch(/"dueAt": "2026-03-01T09:30:00(\.000)?Z"/)
    expect(stdout).toContain('"createdAt": "<time>"')
    expect(stdout).toMatch(/\n✓ the same\n$/)
    expect(stdout).not.toMatch(/^ ?[-+~]/m)
    expect(code).toBe(0)
    expect(await leftovers(home)).toEqual([])

    const refused = await diff(right, 'POST', '/users', '--data', '{"name": 5}')
    expect(refused.stdout).toMatch(/~ body\.\S+ is worded differently.*; that is up to you/)
    expect(refused.code).toBe(0)
  })

  test('what is wrong is named, marked, and ends with 1', async () => {
    const wrong = await changed(
      'wrong',
      `({ status, headers: { location, ...headers }, body: { name, createdAt, ...body } }) =>
        ({ status: status === 201 ? 200 : status, headers, body: { ...body, label: name, createdAt: createdAt?.replace('Z', '') } })`,
    )
    const { code, stdout } = await diff(wrong, 'POST', '/users', '--data', user)
    expect(stdout).toContain('\n - HTTP 200\n + HTTP 201\n')
    expect(stdout).toContain('\n + location: /users/<id 1>\n')
    expect(stdout).toContain('\n +   "name": "Ada",\n')
    expect(stdout).toContain('\n     "email": "ada@example.com",\n')
    expect(stdout).toContain('\n -   "label": "Ada"')
    const told = stdout.split('\n').filter(line => line.startsWith('✗'))
    expect(told).toEqual([
      '✗ status differs: yours 200, reference 201',
      '✗ header location is missing',
      '✗ body.name is missing',
      expect.stringMatching(/^✗ body\.createdAt is no time in UTC that ends in Z: "\d{4}-[^Z]*"$/),
      '✗ body.label is not in the reference',
    ])
    expect(code).toBe(1)
    expect(stdout).not.toContain('\u001b')
  })

  test.runIf(hasTerminal)('in a terminal, differences have colours', async () => {
    const cwd = await changed('coloured', '({ status, ...answer }) => ({ status: 200, ...answer })')
    const options = { home, cwd, terminal: true, env: { COLUMNS: '80' } }
    const { stdout } = await runBep(['diff', 'POST', '/users', '--data', user], options)
    expect(stdout).toContain('\u001b[31m - HTTP 200\u001b[39m')
  })

  test('a step with another status is told, and the request after it does not count as the same', async () => {
    const early = await changed(
      'early',
      '({ status, headers, body }) => ({ status: status === 201 ? 200 : status, headers, body })',
    )
    const { code, stdout } = await diff(early, 'GET', '/users/{{1.id}}', '--before', `POST /users ${user}`)
    expect(stdout).toMatch(/^✗ 1 POST \/users {2}yours 200, reference 201\n/)
    expect(stdout).toContain('✗ the requests before it had other answers')
    expect(code).toBe(1)
  })

  test('--json gives both answers as they came', async () => {
    const upper = await changed(
      'upper',
      '({ status, headers, body }) => ({ status, headers, body: { ...body, name: body.name?.toUpperCase() } })',
    )
    const { code, stdout } = await diff(
      upper,
      'GET',
      '/users/{{1.id}}',
      '--json',
      '--before',
      `POST /users ${user}`,
    )
    const found = jsonOf(stdout)
    expect(found).toMatchObject({
      same: false,
      project: 'project-1',
      workspace: upper,
      request: 'GET /users/{{1.id}}',
      yours: { status: 200, body: { name: 'ADA', email: 'ada@example.com' } },
      reference: { status: 200, body: { name: 'Ada', email: 'ada@example.com' } },
      before: [{ request: 'POST /users', yours: 201, reference: 201 }],
    })
    expect(found.differences).toEqual([
      {
        at: 'body.name',
        kind: 'value',
        counts: true,
        message: 'body.name differs: yours "ADA", reference "Ada"',
      },
    ])
    expect(found.before[0]?.differences).toEqual(found.differences)
    expect(code).toBe(1)
  })

  test('where the own server has no value for a placeholder, the answer that lacks it is compared', async () => {
    const nameless = await changed(
      'nameless',
      '({ status, headers, body: { id, ...body } }) => ({ status, headers, body })',
    )
    const { code, stdout } = await diff(nameless, 'GET', '/users/{{1.id}}', '--before', `POST /users ${user}`)
    expect(stdout).toMatch(/^POST \/users\n/)
    expect(stdout).toContain(
      'GET /users/{{1.id}} could not be sent to your app: its answer to this request has nothing for {{1.id}}',
    )
    expect(stdout).toContain('✗ body.id is missing')
    expect(code).toBe(1)
  })

  test('a server that answers 500 or not at all is shown with its log', async () => {
    const broken = await writeWorkspace(path.join(place, 'broken'), {
      app: healthyServer(`
        console.log('asked for ' + request.url)
        if (request.url === '/users') process.exit(1)
        response.writeHead(500)
        response.end('oh\\u001b[2J')
      `),
    })
    const failed = await diff(broken, 'GET', '/tasks')
    expect(failed.stdout).toMatch(
      / - HTTP 500\n \+ HTTP 200\n[\s\S]*Log of your server\n {2}asked for \/tasks\n/,
    )
    expect(failed.stdout).toContain('✗ body is text, in the reference JSON')
    expect(failed.stdout).not.toContain('\u001b')
    expect(failed.code).toBe(1)

    const gone = await diff(broken, 'GET', '/tasks', '--before', 'GET /users')
    expect(gone.stdout).toContain('GET /tasks was not sent: your app left this request unanswered')
    expect(gone.stdout).toMatch(/✗ answer is missing: the server closed the connection/)
    expect(gone.code).toBe(1)
    expect(await leftovers(home)).toEqual([])
  })

  test('data come from a file and from standard input, and what is no JSON goes as it is', async () => {
    await writeFile(path.join(right, 'user.json'), user)
    const file = await diff(right, 'POST', '/users', '--data', '@user.json', '--json')
    expect(jsonOf(file.stdout)).toMatchObject({ same: true, yours: { status: 201, body: { name: 'Ada' } } })

    const bep = path.join(packageRoot, 'bin', 'bep.js')
    const { PATH } = process.env
    const running = promisify(execFile)(
      process.execPath,
      [bep, 'diff', 'POST', '/users', '--data', '-', '--json'],
      {
        cwd: right,
        env: { PATH, BEP_HOME: home, BEP_SERVICES: 'local' },
      },
    )
    running.child.stdin?.end(user)
    expect(jsonOf((await running).stdout)).toMatchObject({ same: true, yours: { status: 201 } })

    const raw = await diff(right, 'POST', '/users', '--data-raw', '{"name": ', '--json')
    expect(jsonOf(raw.stdout)).toMatchObject({ same: true, reference: { status: 400 } })
    const header = ['--header', 'Content-Type: text/plain']
    const text = await diff(right, 'POST', '/users', '--data', user, ...header, '--json')
    expect(jsonOf(text.stdout)).toMatchObject({ same: true, reference: { status: 415 } })
  })

  test('a signal ends it, and nothing is left', async () => {
    const silent = await writeWorkspace(path.join(place, 'silent'), {
      app: healthyServer("writeFileSync('asked', 'yes')", "import { writeFileSync } from 'node:fs'"),
    })
    const running = startBep(['diff', 'GET', '/tasks'], { home, cwd: silent })
    await expect
      .poll(() => readFile(path.join(silent, 'asked'), 'utf8').catch(() => ''), { timeout: 60_000 })
      .toBe('yes')
    const { code, stdout } = await running.end('SIGINT')
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(await leftovers(home)).toEqual([])
  })
})

describe('what cannot be done ends with 2 and says why', () => {
  const before = ['--before', `POST /users ${user}`]
  test.each([
    ['no request', [], /which request\?\n {2}Fix: .*`bep diff GET \/health`/],
    ['no path', ['GET'], /"GET" is no request without a path/],
    ['a bad method', ['FETCH', '/users'], /"FETCH" is no method of HTTP.*\n {2}Fix: .*PATCH/],
    ['a path without slash', ['GET', 'users'], /the path "users" does not begin with \//],
    ['a space in a path', ['GET', '/users?name=A B'], /percent-encoded/],
    ['no JSON', ['POST', '/users', '--data', '{"name": Ada}'], /not JSON: line 1, column 10, at `Ada}`/],
    ['no such file', ['POST', '/users', '--data', '@nope.json'], /nope\.json cannot be read \(ENOENT\)/],
    ['a bad header', ['GET', '/users', '--header', 'Accept'], /"Accept" is no header/],
    ['a bad step', ['GET', '/users', '--before', 'GET'], /the step "GET" is not `METHOD PATH \[JSON\]`/],
    ['a bad step’s data', ['GET', '/', '--before', 'POST /users {"a"}'], /the data of the step .* column 5/],
    ['no request file', ['--http', 'nope.http'], /nope\.http cannot be read/],
    [
      'a placeholder of nothing',
      ['GET', '/users/{{2.id}}', ...before],
      /\{\{2\.id\}\} in GET \S+ names no field/,
    ],
    ['two kinds of data', ['POST', '/', '--data', '1', '--data-raw', '1'], /cannot be used with option/],
    ['a header for no request', ['--header', 'A: b', ...before], /belong to a method and a path/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await diff(right, ...args)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
    expect(stdout).toBe('')
  })

  test('a field that the reference’s answer does not have', async () => {
    const missing = await diff(right, 'GET', '/users/{{1.uid}}', ...before)
    expect(missing.stderr).toMatch(
      /answer to POST \/users \(201\) has no `uid`\n {2}Fix: It has `id`, `name`/,
    )
    expect(missing.code).toBe(2)
    const refused = await diff(right, 'GET', '/users/{{1.id}}', '--before', 'POST /users {}')
    expect(refused.stderr).toMatch(/\(422\) has no `id`\n {2}Fix: Mend that request first; .*"name"/)
    expect(await leftovers(home)).toEqual([])
  })

  test('no workspace, and a server that does not start', async () => {
    const outside = await diff(home, 'GET', '/users', '--json')
    expect(JSON.parse(outside.stdout).error.code).toBe('NO_WORKSPACE')
    expect(outside.code).toBe(2)
    const app = "console.error('no such module'); process.exit(3)"
    const dead = await writeWorkspace(path.join(place, 'dead'), { app })
    const { code, stderr } = await diff(dead, 'GET', '/users')
    expect(stderr).toMatch(/exited with code 3 before it was ready[\s\S]*no such module/)
    expect(code).toBe(2)
    expect(await leftovers(home)).toEqual([])
  })
})

const withRedis = describe.runIf(findOnPath(['redis-server', 'valkey-server'], process.env.PATH))

withRedis('projects on Redis', () => {
  test('project-4: follows, posts and a feed, on two stacks', async () => {
    const dir = path.join(place, 'feed')
    await cp(path.join(packageRoot, 'fixtures', 'subjects', '04-social-feed-fastify'), dir, {
      recursive: true,
      filter: source => !source.includes('.bep'),
    })
    await symlink(path.join(packageRoot, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
    const steps = [
      'POST /users {"name": "Ada"}',
      'POST /users {"name": "Bob"}',
      'PUT /users/{{1.id}}/following/{{2.id}}',
      'POST /posts {"userId": "{{2.id}}", "text": "one"}',
      'POST /posts {"userId": "{{2.id}}", "text": "two"}',
    ].flatMap(step => ['--before', step])
    const { code, stdout } = await diff(dir, 'GET', '/users/{{1.id}}/feed?limit=1', ...steps)
    expect(stdout).toContain('✓ 3 PUT /users/{{1.id}}/following/{{2.id}}  204')
    expect(stdout).toMatch(/"id": "<id 4>",\n[\s\S]*"text": "two"[\s\S]*"nextCursor": "<cursor>"/)
    expect(stdout).toMatch(/✓ the same\n$/)
    expect(code).toBe(0)
    expect(await leftovers(home)).toEqual([])
  })

  test('project-2: the requests of a file, cookies and tokens', async () => {
    const main = path.join(packageRoot, 'dist', 'projects', '02-blog-auth', 'main.js')
    const dir = path.join(place, 'blog')
    await mkdir(dir)
    await writeFile(path.join(dir, 'bep.yml'), `project: project-2\nstart: node ${JSON.stringify(main)}\n`)
    const requests = path.join(packageRoot, 'projects', '02-blog-auth', 'docs', 'requests')
    const session = await diff(dir, '--http', path.join(requests, 'session.http'), '--json')
    expect(jsonOf(session.stdout)).toMatchObject({
      same: true,
      request: 'GET /me',
      reference: { status: 401 },
      before: [{ yours: 201 }, { yours: 200 }, { request: 'GET /me', yours: 200 }, { yours: 204 }],
    })
    const login = '{"email": "ada@example.com", "password": "correct horse battery"}'
    const jwt = path.join(requests, 'jwt.http')
    const cookie = await diff(dir, 'POST', '/session', '--http', jwt, '--data', login)
    expect(cookie.stdout).toContain('   set-cookie: sid=<token>; HttpOnly; Secure; SameSite=Lax; Path=/\n')
    expect(cookie.code).toBe(0)
    const header = ['--header', 'Authorization: Bearer {{login.accessToken}}']
    const me = await diff(dir, 'GET', '/me', '--http', jwt, ...header, '--json')
    expect(jsonOf(me.stdout)).toMatchObject({ same: true, yours: { status: 200, body: { name: 'Ada' } } })
  })
})
