import type { ChildProcess } from 'node:child_process'
import { type CommandLaunch, maxOutputBytes, type RanCommand } from './launcher.js'

type Watched = Pick<CommandLaunch, 'limitMs' | 'output' | 'signal'>

/** Collects what a child prints until it has ended or its time is over. Ending it is the caller's. */
export async function watchOutput(
  child: ChildProcess,
  { limitMs, output = 'stdout', signal }: Watched,
): Promise<RanCommand> {
  let text = ''
  for (const stream of output === 'both' ? [child.stdout, child.stderr] : [child.stdout]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(0, maxOutputBytes)
    })
  }
  if (output === 'stdout') child.stderr?.resume()
  const failure = await new Promise<string | undefined>(resolve => {
    const timer = setTimeout(() => resolve(`it did not end within ${limitMs / 1000} s`), limitMs)
    const abort = () => resolve('it was cancelled')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    const settle = (why: string | undefined) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(why)
    }
    child.on('error', error => settle(`it could not be started: ${error.message}`))
    child.on('close', (code, ended) => {
      if (code === 0) settle(undefined)
      else settle(ended ? `it was ended by ${ended}` : `it ended with exit code ${code}`)
    })
  })
  return { output: text, ...(failure !== undefined && { failure }) }
}
