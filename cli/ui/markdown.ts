import { printable } from './terminal-text.js'

/**
 * Text of others in a line of Markdown. Inside code nothing is markup: no link, image, HTML or mention.
 * @see https://spec.commonmark.org/0.31.2/#code-spans
 */
export function codeSpan(text: string): string {
  const line = printable(text).replaceAll(/\s+/g, ' ').trim()
  if (line === '') return '(empty)'
  const ticks = '`'.repeat(longestRun(line) + 1)
  return `${ticks} ${line} ${ticks}`
}

/**
 * Text of others in lines of their own. The fence is longer than any in the text.
 * @see https://spec.commonmark.org/0.31.2/#fenced-code-blocks
 */
export function codeBlock(text: string, language = 'text'): string {
  const lines = printable(text)
  const fence = '`'.repeat(Math.max(3, longestRun(lines) + 1))
  return `${fence}${language}\n${lines}\n${fence}`
}

const longestRun = (text: string) => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))

/** Code in a cell of a table, where a bar would end the cell even inside code. */
export const codeCell = (text: string): string => codeSpan(text).replaceAll('|', '\\|')
