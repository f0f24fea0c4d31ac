import { stringify } from 'csv-stringify/sync'
import { printable } from './terminal-text.js'

export type Cell = string | number | undefined

/**
 * CSV by RFC 4180 that no spreadsheet takes for formulas: every text is quoted, and one that begins as a formula does
 * gets an apostrophe in front and loses nothing. Numbers stay numbers, negative ones too.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csv(rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map(row => row.map(cell => (typeof cell === 'string' ? oneCell(cell) : cell)))
  return stringify(cells, { escape_formulas: true, quoted_string: true, quoted_empty: false })
}

// A spreadsheet that separates by another character than a comma begins a new cell there, even inside quotes.
const insideFormula = /([;|])(?=[\s"']*[=+\-@＝＋－＠])/g

/** On one line and without white space around it: that would hide how the text begins. */
const oneCell = (text: string): string =>
  printable(text)
    .replaceAll(/[\s\ufeff]+/g, ' ')
    .trim()
    .replaceAll(insideFormula, "$1'")
