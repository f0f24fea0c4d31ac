import type { CliContext } from '../context.js'
import { clipped } from './terminal-text.js'

/** One line at the bottom that says what is going on. On a terminal it is overwritten, elsewhere left out. */
export interface StatusLine {
  set(text: string): void
  clear(): void
}

export function openStatusLine({ interactive, note, colors }: CliContext): StatusLine {
  if (!interactive) return { set: () => undefined, clear: () => undefined }
  const clear = () => note('\r\u001b[2K')
  // A terminal that does not know its size says 0.
  const columns = () => process.stderr.columns || 80
  return {
    set: text => note(`\r\u001b[2K${colors.dim(clipped(text, columns() - 1))}`),
    clear,
  }
}
