import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect, test } from 'vitest'
import { fetchSubmission } from '../../../../cli/engine/batch/fetch-submission.js'
import { openGit } from '../../../../cli/engine/batch/git-command.js'
import { isStudentsFault } from '../../../../cli/engine/batch/students-fault.js'
import { commitAll, git } from './git-places.js'
import { fetchInto, filesIn, readText, temporaryPlace, workspace, writeFiles } from './submission-places.js'

const usual = Object.keys(workspace).sort()
const MiB = 1024 * 1024

/** A repository with one commit of these files besides those of a workspace. */
async function repositoryOf(
  place: string,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<string> {
  const dir = await writeFiles(path.join(place, 'repository'), { ...workspace, ...files })
  commitAll(dir)
  return dir
}

const fetchGit = (place: string, url: string, ref?: string, env?: NodeJS.ProcessEnv) =>
  fetchInto(place, { kind: 'git', url, ref }, env)

const failureOf = (fetching: Promise<unknown>): Promise<unknown> =>
  fetching.then(
    () => undefined,
    thrown => thrown,
  )

test('a commit comes out as it was committed, from a path, a URL and a bare repository', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place)
  // Neither staged nor unstaged changes are part of it.
  await writeFile(path.join(dir, 'server.js'), 'not committed')
  await writeFile(path.join(dir, 'new.js'), 'staged')
  git(dir, ['add', 'new.js'])
  const bare = path.join(place, 'bare.git')
  git(place, ['clone', '--quiet', '--bare', dir, bare])
  for (const url of [dir, pathToFileURL(dir).href, bare]) {
    const fetched = await fetchGit(await temporaryPlace(), url)
    expect(await filesIn(fetched.dir)).toEqual(usual)
    expect(await readText(fetched.dir, 'server.js')).toBe('1\n')
  }
})

test('a branch, a tag, an annotated tag and a commit can be named', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place)
  const first = git(dir, ['rev-parse', 'HEAD'])
  git(dir, ['tag', 'light'])
  git(dir, ['tag', '--annotate', '--message=Hand in', 'v1'])
  git(dir, ['branch', 'week-1'])
  await writeFile(path.join(dir, 'server.js'), '2\n')
  commitAll(dir)
  for (const ref of ['light', 'v1', 'week-1', 'refs/heads/week-1', first]) {
    expect(await readText((await fetchGit(await temporaryPlace(), dir, ref)).dir, 'server.js')).toBe('1\n')
  }
  expect(await readText((await fetchGit(await temporaryPlace(), dir, 'main')).dir, 'server.js')).toBe('2\n')
})

test('the commit’s date counts where the batch tells none', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place)
  const fetched = await fetchGit(place, dir)
  expect(fetched.submittedAt).toEqual(new Date('2026-10-02T10:00:00Z'))
  const submittedAt = new Date('2026-09-01T00:00:00Z')
  const submission = {
    id: 'ada',
    student: { id: 'a', name: 'A' },
    source: { kind: 'git', url: dir },
    submittedAt,
  } as const
  const named = await fetchSubmission(submission, path.join(place, 'named'), { env: process.env })
  expect(named.submittedAt).toEqual(submittedAt)
})

test.each([
  ['a branch that is not there', 'week-9'],
  ['a commit that is not there', 'a'.repeat(40)],
])('%s is the student’s fault', async (_, ref) => {
  const place = await temporaryPlace()
  const error = await failureOf(fetchGit(place, await repositoryOf(place), ref))
  expect(error).toMatchObject({ code: 'GIT_REF_MISSING', message: expect.stringContaining(ref) })
  expect(isStudentsFault(error)).toBe(true)
  expect(await readdir(place)).toEqual(['repository'])
})

test('a repository without a commit is the student’s fault', async () => {
  const place = await temporaryPlace()
  git(place, ['init', '--quiet', 'repository'])
  expect(await failureOf(fetchGit(place, path.join(place, 'repository')))).toMatchObject({
    code: 'GIT_REF_MISSING',
  })
})

test('a host that does not answer, one that speaks no TLS, a path that is none: ours', async () => {
  const place = await temporaryPlace()
  const asking = createServer((_, response) => void response.end())
  await new Promise<void>(resolve => asking.listen(0, '127.0.0.1', resolve))
  const { port } = asking.address() as AddressInfo
  try {
    for (const url of [
      'ssh://git@127.0.0.1:1/x.git',
      `https://user:hunter2@127.0.0.1:${port}/x.git`,
      path.join(place, 'no'),
    ]) {
      const error = (await failureOf(fetchGit(place, url))) as Error
      expect(error).toMatchObject({ code: 'GIT_UNREACHABLE' })
      expect(error.message).not.toContain('hunter2')
      expect(isStudentsFault(error)).toBe(false)
    }
  } finally {
    asking.close()
  }
})

test('no hook, filter, setting or template of the repository or of the user runs anything', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place, {
    '.gitattributes': '* filter=evil diff=evil\nserver.js text eol=crlf ident\n',
  })
  const ran = path.join(place, 'ran')
  const evil = path.join(place, 'evil.sh')
  await writeFile(evil, `#!/bin/sh\necho "$0 $*" >>${ran}\ncat\n`, { mode: 0o755 })
  const settings = `
[core]
  fsmonitor = ${evil}
  hooksPath = ${path.join(place, 'hooks')}
  sshCommand = ${evil}
  alternateRefsCommand = ${evil}
  pager = ${evil}
[filter "evil"]
  clean = ${evil}
  smudge = ${evil}
  process = ${evil}
  required = true
[diff "evil"]
  textconv = ${evil}
[uploadpack]
  packObjectsHook = ${evil}
[credential]
  helper = ${evil}
[tar "tar"]
  command = ${evil}
`
  const home = await writeFiles(path.join(place, 'home'), { '.gitconfig': settings })
  for (const folder of [
    path.join(dir, '.git', 'hooks'),
    path.join(place, 'hooks'),
    path.join(home, 'template', 'hooks'),
  ]) {
    await mkdir(folder, { recursive: true })
    for (const hook of ['post-checkout', 'reference-transaction', 'post-merge', 'pre-auto-gc']) {
      await symlink(evil, path.join(folder, hook))
    }
  }
  await writeFile(path.join(dir, '.git', 'config'), `[core]\n  repositoryformatversion = 0\n${settings}`)
  const { dir: fetched } = await fetchGit(place, dir, undefined, {
    ...process.env,
    HOME: home,
    GIT_CONFIG_GLOBAL: path.join(home, '.gitconfig'),
    GIT_TEMPLATE_DIR: path.join(home, 'template'),
    GIT_EXTERNAL_DIFF: evil,
    GIT_SSH_COMMAND: evil,
    GIT_TRACE: ran,
  })
  expect(existsSync(ran)).toBe(false)
  expect(await readText(fetched, 'server.js')).toBe('1\n')
})

test('ssh asks nothing, and no other protocol is spoken than the one of the source', async () => {
  const place = await temporaryPlace()
  const said = path.join(place, 'said')
  await mkdir(path.join(place, 'bin'))
  await writeFile(path.join(place, 'bin', 'ssh'), `#!/bin/sh\necho "$*" >>${said}\nexit 1\n`, { mode: 0o755 })
  const env = { PATH: `${path.join(place, 'bin')}:${process.env.PATH}` }
  expect(await failureOf(fetchGit(place, 'ssh://git@git.example/x', undefined, env))).toMatchObject({
    code: 'GIT_UNREACHABLE',
  })
  expect(await readText(place, 'said')).toMatch(/^-oBatchMode=yes .*git@git\.example git-upload-pack/)
  const asked: (string | undefined)[] = []
  const server = createServer(({ url }, response) => {
    asked.push(url)
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    await failureOf(fetchGit(place, `http://127.0.0.1:${port}/x.git`))
    expect(asked).toEqual([])
  } finally {
    server.close()
  }
})

test('a pack that is too large is not fetched to its end', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place, { noise: randomBytes(2 * MiB) })
  const scratch = path.join(place, 'scratch')
  await mkdir(scratch)
  const git = await openGit({ protocol: 'file', what: 'ada', scratch, env: process.env, maxFileBytes: MiB })
  const [repository, limitMs] = [path.join(scratch, 'repository'), 30_000]
  await git.run(['init', '--quiet', '--bare', repository], limitMs)
  const fetching = git.run(['--git-dir', repository, 'fetch', '--depth=1', '--', dir, 'HEAD'], limitMs)
  const error = await failureOf(fetching)
  expect(error).toMatchObject({ code: 'SUBMISSION_TOO_LARGE' })
})

test('attributes neither change nor hide a file', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place, { 'a.txt': '$Id$ $Format:%H$\nline\n', 'secret/b.txt': 'ä\n' })
  const attributes = [
    'a.txt text eol=crlf ident export-subst',
    'secret export-ignore',
    'server.js export-ignore',
    'secret/b.txt working-tree-encoding=UTF-16',
  ]
  await writeFile(path.join(dir, '.gitattributes'), `${attributes.join('\n')}\n`)
  git(dir, ['add', '.gitattributes'])
  git(dir, ['commit', '--quiet', '--message=Attributes'])
  const { dir: fetched } = await fetchGit(place, dir)
  expect(await filesIn(fetched)).toEqual(['.gitattributes', 'a.txt', ...usual, 'secret/b.txt'].sort())
  expect(await readText(fetched, 'a.txt')).toBe('$Id$ $Format:%H$\nline\n')
  expect(await readText(fetched, 'secret/b.txt')).toBe('ä\n')
})

test('submodules are not fetched', async () => {
  const place = await temporaryPlace()
  const other = await repositoryOf(path.join(place, 'other'))
  const dir = await repositoryOf(place, { '.gitmodules': `[submodule "x"]\n  path = x\n  url = ${other}\n` })
  git(dir, ['update-index', '--add', '--cacheinfo', `160000,${git(other, ['rev-parse', 'HEAD'])},x`])
  git(dir, ['commit', '--quiet', '--message=Submodule'])
  const fetched = await fetchGit(place, dir)
  expect(await filesIn(fetched.dir)).toEqual(['.gitmodules', ...usual])
  expect(fetched.leftOut).toEqual([{ file: 'x', why: 'a submodule' }])
})

test('links out of the tree are left out', async () => {
  const place = await temporaryPlace()
  const dir = await writeFiles(path.join(place, 'repository'), workspace)
  await symlink('/etc/passwd', path.join(dir, 'passwd'))
  await symlink('../..', path.join(dir, 'src', 'out'))
  commitAll(dir)
  const fetched = await fetchGit(place, dir)
  expect(await filesIn(fetched.dir)).toEqual(usual)
  expect(fetched.leftOut.map(({ file }) => file)).toEqual(['passwd', 'src/out'])
})

/** A commit of a tree that no porcelain would make: `entries` as in git's own format. */
function commitTree(
  dir: string,
  entries: readonly (readonly [mode: string, name: string, id: string])[],
): void {
  const content = Buffer.concat(
    entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  )
  const tree = git(dir, ['hash-object', '-t', 'tree', '--literally', '-w', '--stdin'], content)
  git(dir, ['update-ref', 'HEAD', git(dir, ['commit-tree', tree, '-m', 'Hand in'])])
}

test.each(['..', '../escaped', '/tmp/bep-escaped', 'a\\b', 'C:x'])(
  'a tree with the name %s is not written',
  async name => {
    const place = await temporaryPlace()
    const dir = await repositoryOf(place)
    const blob = git(dir, ['rev-parse', 'HEAD:server.js'])
    const settings = git(dir, ['rev-parse', 'HEAD:bep.yml'])
    commitTree(dir, [
      ['100644', name, blob],
      ['100644', 'bep.yml', settings],
    ])
    expect(await failureOf(fetchGit(place, dir))).toMatchObject({
      code: expect.stringMatching(/^(ARCHIVE_UNSAFE|GIT_BROKEN)$/),
    })
    expect(existsSync(path.join(place, 'escaped'))).toBe(false)
    expect(existsSync('/tmp/bep-escaped')).toBe(false)
  },
)

test('a tree that holds itself a billion times is too large', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place)
  let id = git(dir, ['rev-parse', 'HEAD:src'])
  for (let depth = 0; depth < 9; depth += 1) {
    const entries = Array.from({ length: 10 }, (_, n) => `040000 tree ${id}\td${n}`)
    id = git(dir, ['mktree'], entries.join('\n'))
  }
  git(dir, ['update-ref', 'HEAD', git(dir, ['commit-tree', id, '-m', 'Hand in'])])
  expect(await failureOf(fetchGit(place, dir))).toMatchObject({ code: 'SUBMISSION_TOO_LARGE' })
})

test('a commit of more than 512 MiB is too large, however small it is packed', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place, { zeros: Buffer.alloc(90 * MiB) })
  const zeros = git(dir, ['rev-parse', 'HEAD:zeros'])
  const settings = git(dir, ['rev-parse', 'HEAD:bep.yml'])
  commitTree(dir, [
    ['100644', 'bep.yml', settings],
    ...['a', 'b', 'c', 'd', 'e', 'f'].map(name => ['100644', `z${name}`, zeros] as const),
  ])
  expect(await failureOf(fetchGit(place, dir))).toMatchObject({ code: 'SUBMISSION_TOO_LARGE' })
})

test('a bare repository reads no objects of another one', async () => {
  const place = await temporaryPlace()
  const neighbour = await repositoryOf(path.join(place, 'neighbour'))
  const commit = git(neighbour, ['rev-parse', 'HEAD'])
  for (const kind of ['alternates', 'link', 'commondir']) {
    const bare = path.join(place, `${kind}.git`)
    git(place, ['init', '--quiet', '--bare', '--initial-branch=main', bare])
    const theirs = path.join(neighbour, '.git')
    if (kind === 'alternates')
      await writeFile(path.join(bare, 'objects/info/alternates'), `${theirs}/objects\n`)
    if (kind === 'commondir') await writeFile(path.join(bare, 'commondir'), `${theirs}\n`)
    if (kind === 'link') {
      await rm(path.join(bare, 'objects'), { recursive: true })
      await mkdir(path.join(bare, 'objects'))
      for (const name of await readdir(path.join(theirs, 'objects'))) {
        await symlink(path.join(theirs, 'objects', name), path.join(bare, 'objects', name))
      }
    }
    await writeFile(path.join(bare, 'refs/heads/main'), `${commit}\n`)
    // Git itself would read them.
    expect(git(bare, ['show', '--no-patch', '--format=%s', commit])).toBe('Hand in')
    const error = await failureOf(fetchGit(place, bare))
    expect(error).toMatchObject({ code: expect.stringMatching(/^GIT_(BROKEN|REF_MISSING)$/) })
    expect(isStudentsFault(error)).toBe(true)
  }
})

test('what a partial clone would fetch first is not fetched', async () => {
  const place = await temporaryPlace()
  const dir = await repositoryOf(place)
  const ran = path.join(place, 'ran')
  const evil = path.join(place, 'evil.sh')
  await writeFile(evil, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 })
  const blob = git(dir, ['rev-parse', 'HEAD:server.js'])
  await rm(path.join(dir, '.git', 'objects', blob.slice(0, 2), blob.slice(2)))
  await writeFile(
    path.join(dir, '.git', 'config'),
    `[core]
  repositoryformatversion = 1
[extensions]
  partialClone = origin
[remote "origin"]
  url = ${place}
  uploadpack = ${evil}
  promisor = true
`,
  )
  expect(await failureOf(fetchGit(place, dir))).toMatchObject({ code: 'GIT_BROKEN' })
  expect(existsSync(ran)).toBe(false)
})
