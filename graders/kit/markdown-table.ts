/**
 * The rows of the first table of a Markdown text whose head begins with `columns`: the texts of those columns,
 * without backticks. Undefined when there is no such table.
 */
export function readMarkdownTable(
  markdown: string,
  columns: readonly string[],
): readonly (readonly string[])[] | undefined {
  const lines = markdown.split('\n').map(cellsOf)
  const head = lines.findIndex(
    (cells, n) =>
      columns.every((column, at) => cells?.[at]?.toLowerCase() === column.toLowerCase()) &&
      lines[n + 1]?.every(cell => /^:?-+:?$/.test(cell)),
  )
  if (head === -1) return undefined
  const rows = lines.slice(head + 2)
  const end = rows.indexOf(undefined)
  return (end === -1 ? rows : rows.slice(0, end)).map(cells =>
    columns.map((_, at) => cells?.[at]?.replaceAll('`', '').trim() ?? ''),
  )
}

function cellsOf(line: string): readonly string[] | undefined {
  const row = /^\s*\|(.*)\|\s*$/.exec(line)?.[1]
  return row?.split(/(?<!\\)\|/).map(cell => cell.trim())
}
