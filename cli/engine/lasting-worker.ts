import { EventEmitter } from 'node:events'
import { type PoolOptions, type PoolRunnerInitializer, type PoolWorker, ThreadsPoolWorker } from 'vitest/node'

type Message = Parameters<PoolWorker['send']>[0]

/** Vitest's threads, but the thread of one run serves the next: what it has loaded and compiled stays. */
export interface LastingThreads extends PoolRunnerInitializer {
  /** Lets the thread end with the run that is under way: what a cancelled check still does ends with it. */
  discard(): void
  /** Ends the thread. */
  close(): Promise<void>
}

/** A thread that has been started. It runs with the configuration that it was started with. */
interface Thread {
  readonly worker: ThreadsPoolWorker
  readonly config: string
  initialised: boolean
  discarded: boolean
}

export function lastingThreads(): LastingThreads {
  let kept: Thread | undefined

  const end = async (thread: Thread) => {
    if (kept === thread) kept = undefined
    await thread.worker.stop()
  }

  const createPoolWorker = (options: PoolOptions): PoolWorker => {
    const events = new EventEmitter()
    const config = JSON.stringify(options.project.serializedConfig)
    let thread: Thread | undefined
    let running = false
    const forward = {
      message: (message: { readonly type?: string }) => {
        if (message?.type === 'testfileFinished') running = false
        events.emit('message', message)
      },
      error: (error: Error) => events.emit('error', error),
      exit: (code: number) => {
        if (kept === thread) kept = undefined
        events.emit('exit', code)
      },
    }
    const reply = (type: 'started' | 'stopped') =>
      setImmediate(() => events.emit('message', { type, __vitest_worker_response__: true }))

    return {
      name: 'threads',
      on: (event, listener) => events.on(event, listener),
      off: (event, listener) => events.off(event, listener),
      deserialize: data => data,
      async start() {
        if (kept && kept.config !== config) await end(kept)
        if (!kept) {
          kept = { worker: new ThreadsPoolWorker(options), config, initialised: false, discarded: false }
          await kept.worker.start()
        }
        thread = kept
        for (const [event, listener] of Object.entries(forward)) thread.worker.on(event, listener)
      },
      send(message: Message) {
        if (!thread) return
        const { type } = message as { readonly type?: string }
        // The thread is set up once, and torn down with `close` only.
        if (type === 'stop') return reply('stopped')
        if (type === 'start' && thread.initialised) return reply('started')
        if (type === 'start') thread.initialised = true
        if (type === 'run' || type === 'collect') running = true
        thread.worker.send(message)
      },
      async stop() {
        if (!thread) return
        for (const [event, listener] of Object.entries(forward)) thread.worker.off(event, listener)
        if (running || thread.discarded) await end(thread)
      },
    }
  }
  return {
    name: 'lasting-threads',
    createPoolWorker,
    discard() {
      if (kept) kept.discarded = true
    },
    async close() {
      if (kept) await end(kept)
    },
  }
}
