import { printable } from './terminal-text.js'

/** Any text as text of a page or as an attribute in double quotes. */
export const escapeHtml = (text: string): string =>
  printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
