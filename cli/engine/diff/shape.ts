import type { IdPairs, Side } from './pairs.js'
import { isObject, kindOf } from './values.js'

/**
 * A text that is equal for two values if they are of one thing, known by its id, or are the same but for ids that
 * are not yet paired, times, tokens, cursors, the order of keys, and the fields that are to be ignored.
 */
export function shape(
  value: unknown,
  key: string,
  {
    side,
    ids,
    ignored,
  }: { readonly side: Side; readonly ids: IdPairs; readonly ignored: ReadonlySet<string> },
): string {
  const simplified = (part: unknown, field: string): unknown => {
    if (Array.isArray(part)) return part.map(entry => simplified(entry, field))
    if (isObject(part)) {
      const identity = ids.paired(side, part.id)
      if (identity !== undefined) return `<id ${identity}>`
      return Object.keys(part)
        .filter(name => !ignored.has(name))
        .sort()
        .map(name => [name, simplified(part[name], name)])
    }
    const kind = kindOf(field, part)
    if (kind === 'id') return `<id ${ids.paired(side, part) ?? ''}>`
    if (kind !== 'plain') return `<${kind}>`
    return typeof part === 'string' ? ids.inText(side, part) : part
  }
  return JSON.stringify(simplified(value, key))
}
