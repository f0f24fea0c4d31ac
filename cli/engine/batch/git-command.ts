import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { BepError } from '../../../fixtures/bep-error.js'
import { asDiskError } from '../../../fixtures/disk.js'
import { maxTreeBytes } from '../isolation/tree-rules.js'

/** The system's git, with none of the user's settings, and bounded in time, memory and what it writes. */
export interface Git {
  /** Runs it to its end and gives what it printed. */
  run(args: readonly string[], limitMs: number): Promise<string>
  /** The same, with what it prints given to `read`; when that throws, git is killed. */
  pipe<T>(args: readonly string[], limitMs: number, read: (stdout: Readable) => Promise<T>): Promise<T>
}

interface GitOptions {
  /** The only way in which it may reach a repository. */
  readonly protocol: 'https' | 'ssh' | 'file'
  /** How messages name the submission. */
  readonly what: string
  /** A folder for git's own files. */
  readonly scratch: string
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal | undefined
  /** The largest file, such as a pack, that it may write; as much as a submission may hold by default. */
  readonly maxFileBytes?: number
}

const settings = `
[core]
  hooksPath = /dev/null
  attributesFile = /dev/null
  excludesFile = /dev/null
  fsmonitor = false
  bigFileThreshold = 8m
[credential]
  helper =
[fetch]
  unpackLimit = 1
  recurseSubmodules = false
[gc]
  auto = 0
[maintenance]
  auto = false
[pack]
  threads = 1
`
// `sh` alone can limit what git may take. Its children, which read what the other side sends, have the same limits.
const maxCpuSeconds = 90
const maxMemoryKib = 2 * 1024 * 1024
const limited = (maxFileBytes: number) =>
  [
    `ulimit -f ${Math.floor(maxFileBytes / 512)}`,
    `ulimit -S -t ${maxCpuSeconds}`,
    `{ ulimit -v ${maxMemoryKib} 2>/dev/null || :; }`,
    'exec git "$@"',
  ].join(' && ')
const inherited =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|BEP_RUN|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO|(https?|all|no)_proxy)$/i
const maxSaidBytes = 16 * 1024

/**
 * @throws BepError GIT_MISSING, GIT_TOO_SLOW, SUBMISSION_TOO_LARGE, DISK_FULL; else GIT_FAILED with what git said, in
 *   English, for the caller to judge.
 */
export async function openGit(options: GitOptions): Promise<Git> {
  const { protocol, what, scratch, env, signal, maxFileBytes = maxTreeBytes } = options
  const settingsFile = path.join(scratch, 'gitconfig')
  await writeFile(settingsFile, settings)
  const variables = {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => inherited.test(name))),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: settingsFile,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_TERMINAL_PROMPT: '0',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
    GIT_SSH_VARIANT: 'ssh',
    // A partial clone names a command that fetches the rest.
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
  }
  const pipe: Git['pipe'] = async (args, limitMs, read) => {
    signal?.throwIfAborted()
    const child = spawn('/bin/sh', ['-c', limited(maxFileBytes), 'git', ...args], {
      cwd: scratch,
      env: variables,
      // A group, so that what git starts is killed with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    closed.catch(() => undefined)
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      if (said.length < maxSaidBytes) said += more
    })
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      kill(child)
    }, limitMs)
    const abort = () => kill(child)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    try {
      const reading = read(child.stdout)
      reading.catch(abort)
      const [[code, endedBy], value] = [await closed, await reading.then(ok => ({ ok })).catch(broken)]
      signal?.throwIfAborted()
      if (isSlow) throw tooSlow(what, limitMs)
      const thrown = 'thrown' in value ? value.thrown : undefined
      // What git could not write to its end looks broken: then it is git that knows why.
      const isCutShort =
        thrown instanceof BepError && thrown.code === 'ARCHIVE_BROKEN' && code !== null && code !== 0
      if (thrown instanceof BepError && !isCutShort) throw thrown
      if (code !== 0) throw failure(what, code, endedBy, said)
      if ('thrown' in value) throw value.thrown
      return value.ok
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }
  return { pipe, run: (args, limitMs) => pipe(args, limitMs, text) }
}

const broken = (thrown: unknown) => ({ thrown })

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function failure(what: string, code: number | null, endedBy: NodeJS.Signals | null, said: string): unknown {
  // The other side may say what it likes.
  const lines = said.split('\n').filter(line => line !== '' && !line.startsWith('remote:'))
  const own = lines.join('\n')
  if (code === 127) {
    return new BepError('GIT_MISSING', `${what} needs git, which is not on PATH`, { fix: 'Install git.' })
  }
  // A child that a limit has ended says nothing more itself.
  const isSilent = own === 'fatal: fetch-pack: invalid index-pack output'
  const isOverLimit =
    isSilent || /died of signal 2[45]|File too large|[Oo]ut of memory|Cannot allocate memory/.test(own)
  if (isOverLimit || endedBy === 'SIGXFSZ' || endedBy === 'SIGXCPU') {
    return new BepError(
      'SUBMISSION_TOO_LARGE',
      `${what} takes too much to fetch: a pack of more than ${maxTreeBytes / 1024 / 1024} MiB, or ${maxCpuSeconds} s of computing`,
      { fix: 'Leave large files out of the commit.' },
    )
  }
  const failed = new BepError(
    'GIT_FAILED',
    lines.slice(-3).join('; ') || `git was ended by ${endedBy ?? `code ${code}`}`,
  )
  return asDiskError(failed, what)
}

const tooSlow = (what: string, limitMs: number) =>
  new BepError('GIT_TOO_SLOW', `${what} could not be fetched within ${limitMs / 1000} s`, {
    fix: 'Look at the network and at the load of this machine, and run it again with --resume.',
  })
