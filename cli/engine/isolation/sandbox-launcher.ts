import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { endProcesses, runningProcesses, withDescendants } from '../../../fixtures/processes.js'
import type { Run } from '../../../fixtures/run.js'
import { findOnPath } from '../../../fixtures/services/search-path.js'
import { type Bridge, openBridge } from './bridge.js'
import { type Cgroup, openCgroup } from './cgroup.js'
import { ofChild, watchOutput } from './command-process.js'
import { watchFolder } from './folder-watch.js'
import { giveAway } from './give-away.js'
import type { AppLaunch, CommandLaunch, Launcher } from './launcher.js'
import { stopGraceMs } from './launcher.js'
import { type Limits, usualLimits } from './limits.js'
import { outOfMemory, watchResources } from './resource-watch.js'
import {
  inside,
  insideId,
  nodeSearchPath,
  programMounts,
  sandboxEnvironment,
  servicePorts,
  writeSandboxFiles,
} from './sandbox-files.js'
import { startedApp } from './started-app.js'

interface SandboxOptions {
  readonly run: Run
  readonly searchPath: string | undefined
  readonly limits?: Limits
}

type Started = Omit<AppLaunch, 'port' | 'onLine'> &
  Pick<CommandLaunch, 'writable' | 'handlers'> & { readonly port?: number }

/**
 * Runs commands in namespaces of their own, by Bubblewrap (bwrap(1)): the machine's programs and the folder
 * read-only, a small `/tmp`, no network but the app's own services, no other process in sight, no privileges, and
 * another account where bep is root. Memory, processes and CPU are limited by a control group, or watched where
 * bep may make none.
 * @throws BepError SANDBOX_MISSING or SANDBOX_BROKEN when this machine cannot do it.
 */
export async function openSandboxLauncher({
  run,
  searchPath,
  limits = usualLimits,
}: SandboxOptions): Promise<Launcher> {
  const bwrap = findOnPath(['bwrap'], searchPath)
  if (bwrap === undefined) {
    throw new BepError('SANDBOX_MISSING', 'a sandbox needs Bubblewrap, and there is no `bwrap` on PATH', {
      fix: 'Install it: apt-get install bubblewrap (or dnf, pacman, apk); it is for Linux alone.',
    })
  }
  const nodeFile = await realpath(process.execPath)
  const filesDir = await writeSandboxFiles(run)
  const shared = [...namespaces(limits), ...programMounts(filesDir, { nodeFile, home: run.home })]
  let count = 0

  const start = async (options: Started) => {
    const { command, cwd, mounts = {}, env, inherited, writable = false, port, handlers } = options
    const account = accountFor(cwd)
    if (account !== undefined && writable) await giveAway(cwd, account)
    const bridge = await openBridge({
      run,
      services: servicePorts(env),
      port,
      ...(handlers && { handlers }),
    })
    count += 1
    const cgroup = await openCgroup(`${run.id}-${count}`, limits)
    const arguments_ = [
      ...joining(cgroup),
      ...limiting(limits, searchPath),
      ...becoming(account, searchPath),
      bwrap,
      ...shared,
      ...folderMounts(cwd, mounts, writable),
      ...['--ro-bind', bridge.dir, inside.sockets],
      // What was mounted in them is there to stay.
      ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', inside.folder, '--'],
      ...[nodeFile, inside.relay, JSON.stringify(bridge.plan(command, inside.sockets))],
    ]
    const [file = '', ...rest] = arguments_
    const child = spawn(file, rest, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...sandboxEnvironment(env, nodeSearchPath(nodeFile, inherited)),
        ...run.env,
        ...(port !== undefined && { PORT: String(port) }),
      },
    })
    const { pid } = child
    if (pid !== undefined) run.own(pid, { group: true })
    const family = () => familyOf(pid ?? -1)
    const kill = async () => {
      // Ending takes CPU time too, and hundreds of processes share what is left of it.
      await cgroup?.liftCpuLimit()
      await endProcesses(family, { graceMs: 0 })
    }
    let breach: string | undefined
    const onBreach = (what: string) => {
      breach ??= what
      kill().catch(() => undefined)
    }
    const unwatch = [
      ...(cgroup ? [] : [watchResources(() => family().map(process => process.pid), limits, onBreach)]),
      ...(writable ? [watchFolder(cwd, limits.folderBytes, onBreach)] : []),
    ]
    return {
      child,
      bridge,
      reason: async () =>
        breach ?? ((await cgroup?.ranOutOfMemory()) === true ? outOfMemory(limits) : undefined),
      end: async (graceMs: number) => {
        try {
          await endSandbox({ child, bridge, graceMs, kill })
        } finally {
          for (const stop of unwatch) stop()
          await bridge.close()
          await cgroup?.close()
        }
      },
    }
  }

  const launcher: Launcher = {
    tier: 'sandbox',
    async launch({ onLine, port, ...options }) {
      const { child, bridge, reason, end } = await start({ ...options, port })
      return startedApp(ofChild(child), {
        port,
        onLine,
        listeningPorts: async () => bridge.listening,
        explain: reason,
        stop: () => end(stopGraceMs),
      })
    },
    async run({ limitMs, output, signal, ...options }) {
      const { child, reason, end } = await start(options)
      const { failure, ...ran } = await watchOutput(ofChild(child), { limitMs, output, signal })
      const why = failure === undefined ? undefined : ((await reason()) ?? failure)
      await end(0)
      return { ...ran, ...(why !== undefined && { failure: why }) }
    },
  }
  await prove(launcher, filesDir, run, searchPath)
  return launcher
}

/** Runs Node.js once in a sandbox: whatever the kernel or the system's settings forbid shows here. */
async function prove(launcher: Launcher, cwd: string, run: Run, searchPath: string | undefined) {
  const proved = await launcher.run({
    command: 'node --version',
    cwd,
    env: {},
    inherited: { PATH: searchPath },
    run,
    limitMs: 10_000,
    output: 'both',
  })
  if (proved.failure === undefined) return
  const said = proved.output.trim().split('\n').at(-1) ?? ''
  throw new BepError('SANDBOX_BROKEN', `Bubblewrap cannot make a sandbox here: ${proved.failure} (${said})`, {
    fix: 'The kernel must allow user namespaces to every account, and BEP_HOME and Node.js must lie where every account may read. Or take Docker: --isolation docker.',
  })
}

function namespaces({ scratchBytes }: Limits): string[] {
  const size = ['--size', String(scratchBytes)]
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--uid', String(insideId), '--gid', String(insideId), '--cap-drop', 'ALL'],
    ...['--proc', '/proc', '--dev', '/dev', ...size, '--tmpfs', '/dev/shm', ...size, '--tmpfs', '/tmp'],
  ]
}

function folderMounts(cwd: string, mounts: Readonly<Record<string, string>>, writable: boolean): string[] {
  return [
    ...[writable ? '--bind' : '--ro-bind', cwd, inside.folder],
    ...Object.entries(mounts).flatMap(([at, source]) => [
      '--ro-bind',
      source,
      path.posix.join(inside.folder, at),
    ]),
  ]
}

/** Puts the process into the group before anything of the sandbox's runs. */
function joining(cgroup: Cgroup | undefined): string[] {
  if (!cgroup) return []
  const script = `n=${cgroup.joinFiles.length}
while [ $n -gt 0 ]; do echo $$ > "$1" || exit 125; shift; n=$((n - 1)); done
exec "$@"`
  return ['/bin/sh', '-c', script, 'sh', ...cgroup.joinFiles]
}

function limiting({ openFiles, folderBytes }: Limits, searchPath: string | undefined): string[] {
  const prlimit = findOnPath(['prlimit'], searchPath)
  if (prlimit === undefined) return []
  return [prlimit, '--core=0', `--nofile=${openFiles}:${openFiles}`, `--fsize=${folderBytes}`]
}

function becoming(account: number | undefined, searchPath: string | undefined): string[] {
  if (account === undefined) return []
  const setpriv = findOnPath(['setpriv'], searchPath)
  if (setpriv === undefined) {
    throw new BepError('SANDBOX_MISSING', 'as root, a sandbox needs `setpriv` of util-linux', {
      fix: 'Install util-linux.',
    })
  }
  return [setpriv, `--reuid=${account}`, `--regid=${account}`, '--clear-groups']
}

/** Numbers that no system gives to anybody. */
const firstAccount = 1_900_000_000

/** As root, an account of its own for each folder; otherwise the user's. */
function accountFor(cwd: string): number | undefined {
  if (process.getuid?.() !== 0) return undefined
  return firstAccount + (createHash('sha256').update(cwd).digest().readUInt32BE() % 100_000_000)
}

function familyOf(pid: number) {
  const all = runningProcesses()
  const family = withDescendants(new Set([pid]), all)
  return all.filter(process => family.has(process.pid) || process.groupId === pid)
}

/** Politely, and then by ending Bubblewrap, with which everything inside ends. */
async function endSandbox({
  child,
  bridge,
  graceMs,
  kill,
}: {
  readonly child: ReturnType<typeof spawn>
  readonly bridge: Bridge
  readonly graceMs: number
  readonly kill: () => Promise<unknown>
}): Promise<void> {
  if (graceMs > 0 && child.exitCode === null && child.signalCode === null) {
    const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
    bridge.askToEnd()
    const timer = new AbortController()
    await Promise.race([ended, after(graceMs, timer.signal)])
    timer.abort()
  }
  await kill()
}

const after = (ms: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
