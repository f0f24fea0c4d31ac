import type { BepError } from '../../fixtures/bep-error.js'
import type { CliContext } from '../context.js'
import { allPass, type Results } from '../engine/results.js'
import { resultsReport } from './rows-report.js'
import { openStatusLine } from './status-line.js'
import { printable } from './terminal-text.js'

/** The screen of `bep watch`: the last result stays until the next one is there. */
export interface WatchScreen {
  busy(text: string): void
  running(because: string): void
  result(results: Results, all: boolean): void
  problem(error: BepError): void
  hint(title: string, hints: readonly string[], of: number): void
  readonly notice: (line: string) => void
  close(): void
}

export function openWatchScreen(context: CliContext): WatchScreen {
  const { interactive, out, note, colors } = context
  const { bold, dim, green, red, yellow } = colors
  const status = openStatusLine(context)
  const keys = `${bold('r')} run again   ${bold('a')} all rows or the first failure   ${bold('h')} hint   ${bold('q')} quit`
  const show = (text: string) => {
    status.clear()
    // Home, erase the screen and what scrolled out of it.
    if (interactive) out('\u001b[H\u001b[2J\u001b[3J')
    out(`${text}\n`)
    if (interactive) out(`\n${dim('watching for changes ·')} ${keys}\n`)
  }
  return {
    busy: text => status.set(text),
    running: because => {
      if (!interactive) out(`\n${dim(`checking: ${because}`)}\n`)
      else status.set(`checking: ${because}`)
    },
    result(results, all) {
      const passed = allPass(results)
      const end = passed
        ? `\n${green('All rows pass.')} \`bep grade\` writes the results down; \`bep list\` shows what is next.`
        : ''
      show(`${resultsReport(results, colors, { failures: all ? 3 : 1 })}${end}`)
    },
    problem: error =>
      show(
        `${red('bep:')} ${printable(error.message)}${error.fix === undefined ? '' : `\n  ${bold('Fix:')} ${error.fix}`}`,
      ),
    hint(title, hints, of) {
      status.clear()
      out(`\n${bold(title)}\n`)
      for (const [n, hint] of hints.entries()) out(`  ${yellow(`${n + 1} of ${of}`)}  ${hint}\n`)
    },
    notice: line => {
      status.clear()
      note(`${dim(line)}\n`)
    },
    close: () => {
      status.clear()
      out(`${dim('stopped; nothing is left running')}\n`)
    },
  }
}
