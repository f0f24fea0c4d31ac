import ts from 'typescript'
import { type Edit, type Rule, removeFromList } from './rule.js'
import { textOf } from './text.js'

/** Options of commands go, and in scripts commands and comparisons. */
export const redis: Rule = (node, source) => {
  if (ts.isCallExpression(node)) return optionEdits(node, source)
  const text = textOf(node, source)
  if (!text?.masked.includes('redis.call(')) return []
  return scriptEdits(text.masked).map(({ start, end, to }) => ({
    start: start + text.start,
    end: end + text.start,
    to,
  }))
}

/** `set(key, value, 'EX', 60, 'NX')` without `'EX', 60`, and without `'NX'`. */
function optionEdits({ arguments: options }: ts.CallExpression, source: ts.SourceFile): readonly Edit[] {
  return options.flatMap((option, n) => {
    if (n === 0 || !ts.isStringLiteral(option)) return []
    if (/^(NX|XX|GT|LT)$/i.test(option.text)) return [removeFromList(options, option, source)]
    const value = options[n + 1]
    if (!/^(EX|PX|EXAT|PXAT)$/i.test(option.text) || !value) return []
    return [{ start: (options[n - 1] as ts.Expression).end, end: value.end, to: '' }]
  })
}

/** Lua: each command that stands as a statement, and each comparison. */
function scriptEdits(script: string): readonly Edit[] {
  const changes: readonly (readonly [RegExp, string])[] = [
    [/(?<=^\s*|\bdo |\bthen )redis\.call\([^()]*(\([^()]*\)[^()]*)*\)/gm, ''],
    [/==/g, '~='],
    [/~=/g, '=='],
  ]
  return changes.flatMap(([pattern, to]) =>
    [...script.matchAll(pattern)].map(({ index, 0: { length } }) => ({
      start: index,
      end: index + length,
      to,
    })),
  )
}
