import { watch } from 'chokidar'
import type { Run } from '../../fixtures/run.js'
import { type StartedApp, startApp } from './app.js'
import { build } from './install.js'
import type { Workspace } from './workspace.js'

export type DevServerEvent =
  | { readonly kind: 'ready'; readonly tookMs: number; readonly because?: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'exited'; readonly reason: string }
  | { readonly kind: 'line'; readonly line: string }

interface DevServerOptions {
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  readonly inherited: NodeJS.ProcessEnv
  readonly run: Run
  readonly onEvent: (event: DevServerEvent) => void
}

/** A learner's server that is started again on every save. */
export interface StartedDevServer {
  /** Settles when the first start has: true when the server was ready. */
  readonly firstStart: Promise<boolean>
  stop(): Promise<void>
}

/** Starts the workspace's server and keeps it up to date with the files. */
export function startDevServer(workspace: Workspace, options: DevServerOptions): StartedDevServer {
  const { port, env, inherited, run, onEvent } = options
  let app: StartedApp | undefined
  let current = new AbortController()

  const start = async (signal: AbortSignal, because?: string): Promise<boolean> => {
    const began = performance.now()
    try {
      await build(workspace, { env: inherited, run, signal })
      const started = await startApp({
        command: workspace.start,
        cwd: workspace.dir,
        env: { ...env, NODE_ENV: 'development' },
        inherited,
        port,
        run,
        signal,
        onLine: line => onEvent({ kind: 'line', line }),
      })
      app = started
      started.onExit(reason => {
        if (!signal.aborted) onEvent({ kind: 'exited', reason })
      })
      onEvent({ kind: 'ready', tookMs: performance.now() - began, ...(because !== undefined && { because }) })
      return true
    } catch (error) {
      if (!signal.aborted) onEvent({ kind: 'failed', error })
      return false
    }
  }

  const firstStart = start(current.signal)
  // One restart after the other: a save during a restart aborts it and begins the next.
  let last: Promise<unknown> = firstStart
  const restart = (because: string | undefined) => {
    current.abort()
    const next = new AbortController()
    current = next
    last = last.then(async () => {
      await app?.stop()
      app = undefined
      if (because !== undefined && !next.signal.aborted) await start(next.signal, because)
    })
    return last
  }
  const watcher = watchSources(workspace.dir, file => void restart(file))
  return {
    firstStart,
    async stop() {
      await watcher.stop()
      await restart(undefined)
    },
  }
}

const ignored = new Set([
  'node_modules',
  '.git',
  '.bep',
  'dist',
  'build',
  'target',
  'coverage',
  '__pycache__',
  '.venv',
  'venv',
])

/** Calls back with the name of a file that changed, once for a burst of changes. */
export function watchSources(dir: string, onChange: (file: string) => void): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(dir, {
    ignoreInitial: true,
    cwd: dir,
    ignored: path =>
      path
        .slice(dir.length)
        .split(/[\\/]/)
        .some(part => ignored.has(part)) || /results\.json$|\.log$/.test(path),
  })
  watcher.on('all', (_event, file) => {
    clearTimeout(timer)
    timer = setTimeout(onChange, 80, file)
  })
  // A watcher that runs out of handles misses changes; the server runs on.
  watcher.on('error', () => undefined)
  return {
    stop: async () => {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}
