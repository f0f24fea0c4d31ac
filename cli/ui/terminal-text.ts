import { stripVTControlCharacters } from 'node:util'

/**
 * Text of an app's, safe to print: no escape sequence and no control character reaches the terminal, none makes what
 * follows run in the other direction, and no line is a command to the CI system that reads the output (`::error::`,
 * `##[group]`, `##vso[…]`).
 * @see https://trojansource.codes for what the direction of text can hide
 */
export function printable(text: string): string {
  const plain = stripVTControlCharacters(text).replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    '�',
  )
  return plain.replaceAll(/^(\s*):(?=:)/gm, '$1: ').replaceAll(/##(?=\[|vso\[)/g, '# #')
}

/** The first characters of a text, with a mark where it was cut. */
export function clipped(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** Each line of a text with this in front. */
export function indented(text: string, by: string): string {
  return text
    .split('\n')
    .map(line => by + line)
    .join('\n')
}
