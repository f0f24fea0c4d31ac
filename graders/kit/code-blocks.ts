/** The texts of the fenced code blocks of a Markdown text that are marked with `language`, in order. */
export function codeBlocks(markdown: string, language: string): readonly string[] {
  const fences = markdown.matchAll(/^(`{3,})[ \t]*(\S*)[^\n]*\n(.*?)^\1`*[ \t]*$/gms)
  return [...fences].filter(([, , marked]) => marked === language).map(([, , , text = '']) => text)
}
