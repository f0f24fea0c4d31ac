import type { Edit } from './rule.js'

/** Word by word: each pattern and what it becomes. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/\bdesc\b/gi, 'asc'],
  [/\basc\b/gi, 'desc'],
  [/\s*\blimit\s+\w+/gi, ''],
  [/\s*\bon conflict\b.*\bdo nothing\b/gi, ''],
  [/\s*\bfor (no key )?update\b/gi, ''],
  [/\bunion all\b/gi, 'union'],
  [/\bdistinct\b(?! from)/gi, ''],
  [/\bis null\b/gi, 'is not null'],
  [/\bis not null\b/gi, 'is null'],
  [/\bis distinct from\b/gi, '='],
  [/\bgreatest\b(?=\()/gi, 'least'],
  [/\bleast\b(?=\()/gi, 'greatest'],
  [/\blower\b(?=\()/gi, ''],
  [/<>/g, '='],
  [/(?<![<>])=(?!=)/g, '<>'],
  [/<=/g, '<'],
  [/>=/g, '>'],
  [/<(?![=>])/g, '<='],
  [/(?<![<-])>(?!=)/g, '>='],
  [/\s\+(?=\s)/g, ' -'],
]

/** The changes of a piece of SQL, with offsets inside it. Placeholders must have been masked as words. */
export function sqlEdits(sql: string): readonly Edit[] {
  const words = replacements.flatMap(([pattern, to]) =>
    [...sql.matchAll(pattern)].map(({ index, 0: { length } }) => ({ start: index, end: index + length, to })),
  )
  return [...words, ...conditionEdits(sql)]
}

const clauseEnd = /^(group by|order by|limit|returning|for update|for no key|union|on conflict|having)\b/i

/** Each condition of each WHERE left out. */
function conditionEdits(sql: string): readonly Edit[] {
  return [...sql.matchAll(/\bwhere\b/gi)].flatMap(({ index }) => {
    const ands: number[] = []
    let depth = 0
    let at = index + 'where'.length
    for (let betweens = 0; at < sql.length; at++) {
      if (sql[at] === '(') depth += 1
      if (sql[at] === ')') depth -= 1
      if (depth < 0) break
      if (depth > 0 || /\w/.test(sql[at - 1] ?? '')) continue
      const rest = sql.slice(at)
      if (clauseEnd.test(rest)) break
      if (/^between\b/i.test(rest)) betweens += 1
      if (!/^and\b/i.test(rest)) continue
      if (betweens > 0) betweens -= 1
      else ands.push(at)
    }
    const end = index + sql.slice(index, at).trimEnd().length
    const [first, ...others] = ands
    if (first === undefined) return [{ start: index, end, to: '' }]
    // `where a and b`: without `a and`, and without `and b`.
    return [
      { start: index + 'where '.length, end: first + 'and '.length, to: '' },
      ...[first, ...others].map((start, n) => ({ start, end: ands[n + 1] ?? end, to: '' })),
    ]
  })
}
