import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { onTestFinished } from 'vitest'

export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
const ownExecutable = path.join(packageRoot, 'bin', 'bep.js')

/** Whether this machine has what gives a process a terminal: script(1) of util-linux. */
export const hasTerminal = String(spawnSync('script', ['--version']).stdout).includes('util-linux')

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface BepOptions {
  readonly home: string
  readonly cwd: string
  /** Added to an environment that holds little else than PATH. */
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node's own, before the executable. */
  readonly node?: readonly string[]
  /** Another Node.js than the one that runs the tests. */
  readonly program?: string
  /** Another bep than the one of this checkout. */
  readonly executable?: string
  /** Give it a terminal; only where `hasTerminal`. */
  readonly terminal?: boolean
}

/** A `bep` that is running. The test ends it, at the latest by SIGKILL when the test is over. */
export interface RunningBep {
  readonly pid: number
  /** Settles when what it has printed so far matches; rejects when it ends without. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>
  /** What both streams have printed so far. */
  readonly output: string
  readonly ended: Promise<Outcome>
  /** Presses keys in its terminal. */
  type(keys: string): void
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Outcome>
}

/** Starts the real executable as a process of its own. */
export function startBep(args: readonly string[], options: BepOptions): RunningBep {
  const {
    home,
    cwd,
    env,
    program = process.execPath,
    node = [],
    executable = ownExecutable,
    terminal = false,
  } = options
  const command = [program, ...node, executable, ...args]
  const [file = '', ...rest] = terminal
    ? ['script', '--quiet', '--return', '--command', command.map(word => `'${word}'`).join(' '), '/dev/null']
    : command
  const child: ChildProcess = spawn(file, rest, {
    cwd,
    stdio: [terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      BEP_SERVICES: 'local',
      ...env,
      BEP_HOME: home,
      // What bep starts inherits it, so that `leftovers` knows whose it is.
      TEST_HOME: home,
    },
  })
  const said = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      for (const look of waiting) look()
    })
  }
  const output = () => stripVTControlCharacters(said.stdout + said.stderr)
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...said }))
  })
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  return {
    pid: child.pid ?? 0,
    ended,
    get output() {
      return output()
    },
    printed: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = output().match(pattern)
          if (!match) return
          waiting.delete(look)
          resolve(match)
        }
        waiting.add(look)
        look()
        ended.then(
          ({ code, signal }) => reject(new Error(`bep ended (${signal ?? code}):\n${output()}`)),
          reject,
        )
      }),
    type: keys => child.stdin?.write(keys),
    async end(signal) {
      child.kill(signal)
      return ended
    },
  }
}

/** Runs the real executable to its end. */
export const runBep = (args: readonly string[], options: BepOptions): Promise<Outcome> =>
  startBep(args, options).ended

/** What bep has left: folders of runs, and processes that know of this home (only Linux tells those). */
export async function leftovers(home: string): Promise<readonly string[]> {
  const runs = await readdir(path.join(home, 'runs')).catch(() => [])
  return [...runs, ...processesOf(home).map(({ command }) => command)]
}

/** The processes that were started with this home in their environment or command line. */
export function processesOf(home: string): readonly { readonly pid: number; readonly command: string }[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
        const ours = command.includes(home) || environment.includes(`TEST_HOME=${home}`)
        return ours && command !== '' ? [{ pid: Number(name), command }] : []
      } catch {
        return []
      }
    })
}
