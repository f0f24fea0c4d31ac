import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CommandLaunch, maxOutputBytes, type RanCommand } from './launcher.js'

/** A command that has been started, whichever way. */
export interface CommandProcess {
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /** Settles when it has ended. */
  readonly exited: Promise<Ending>
  /** Settles when, besides, all that it printed has been read. */
  readonly closed: Promise<Ending>
}

interface Ending {
  readonly code: number | null
  readonly signal?: NodeJS.Signals | null
  /** Why there was never a process. */
  readonly error?: string
}

export function ofChild(child: ChildProcess): CommandProcess {
  const ending = (event: 'exit' | 'close') =>
    new Promise<Ending>(resolve => {
      child.on('error', error => resolve({ code: null, error: error.message }))
      child.on(event, (code, signal) => resolve({ code, signal }))
    })
  return { stdout: child.stdout, stderr: child.stderr, exited: ending('exit'), closed: ending('close') }
}

const neverStarted = 'could not be started'

/** How `RanCommand.failure` begins where there was never a process. */
export const notStarted = `it ${neverStarted}`

/** As in "the command exited with code 3". */
export function describeEnding({ code, signal, error }: Ending): string {
  if (error !== undefined) return `${neverStarted}: ${error}`
  return signal ? `was ended by ${signal}` : `exited with code ${code}`
}

const streamsMs = 1_000
const maxPrinted = 64 * maxOutputBytes

/** Collects what a command prints until it has ended or its time is over. Ending it is the caller's. */
export async function watchOutput(
  command: CommandProcess,
  { limitMs, output = 'stdout', signal }: Pick<CommandLaunch, 'limitMs' | 'output' | 'signal'>,
): Promise<RanCommand> {
  let text = ''
  let printed = 0
  for (const stream of output === 'both' ? [command.stdout, command.stderr] : [command.stdout]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < maxOutputBytes) text = (text + chunk).slice(0, maxOutputBytes)
      printed += chunk.length
      // Nobody wants more: it waits until its time is over.
      if (printed > maxPrinted) stream.pause()
    })
  }
  if (output === 'stdout') command.stderr?.resume()
  const failure = await new Promise<string | undefined>(resolve => {
    const timer = setTimeout(() => settle(`it did not end within ${limitMs / 1000} s`), limitMs)
    const abort = () => settle('it was cancelled')
    const settle = (why: string | undefined) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(why)
    }
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    command.exited.then(
      ending => settle(ending.code === 0 ? undefined : `it ${describeEnding(ending)}`),
      () => undefined,
    )
  })
  // What it printed last is still on its way; what it left running may hold the streams open.
  await Promise.race([command.closed, sleep(streamsMs)])
  return { output: text, ...(failure !== undefined && { failure }) }
}
