import { emitKeypressEvents } from 'node:readline'
import type { CliContext } from '../context.js'

/** Calls the handler of each key that is pressed. Without a terminal there are no keys. */
export function listenToKeys(
  { interactive }: CliContext,
  handlers: Readonly<Record<string, () => void>>,
): { stop(): void } {
  const { stdin } = process
  if (!interactive) return { stop: () => undefined }
  const onKey = (_text: string, key: { name?: string; ctrl?: boolean }) => {
    // In raw mode the terminal no longer turns Ctrl-C into a signal.
    if (key.ctrl && key.name === 'c') process.kill(process.pid, 'SIGINT')
    else if (key.name !== undefined) handlers[key.name]?.()
  }
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.on('keypress', onKey)
  stdin.resume()
  return {
    stop() {
      stdin.off('keypress', onKey)
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}
