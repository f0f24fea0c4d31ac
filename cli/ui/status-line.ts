import type { CliContext } from '../context.js'
import { clipped } from './terminal-text.js'

/** Lines at the bottom that say what is going on. On a terminal they are overwritten, elsewhere left out. */
export interface StatusLine {
  set(...lines: readonly string[]): void
  clear(): void
}

export function openStatusLine({ interactive, note, colors }: CliContext): StatusLine {
  if (!interactive) return { set: () => undefined, clear: () => undefined }
  let shown = 0
  const erased = () => {
    const above = '\u001b[1A\u001b[2K'.repeat(Math.max(shown - 1, 0))
    shown = 0
    return `\r\u001b[2K${above}`
  }
  return {
    set(...lines) {
      // A terminal that does not know its size says 0.
      const { columns, rows } = process.stderr
      const fitting = lines.slice(0, (rows || 24) - 1).map(line => clipped(line, (columns || 80) - 1))
      note(`${erased()}${colors.dim(fitting.join('\n'))}`)
      shown = fitting.length
    },
    clear: () => note(erased()),
  }
}
