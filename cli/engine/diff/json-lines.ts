import type { Acquaintance } from './comparison.js'
import type { Side } from './pairs.js'
import { isObject, kindOf } from './values.js'

interface Shown {
  /** The field, or that of the list which the value is in. */
  readonly key: string
  readonly side: Side
  readonly known: Acquaintance
  /** Times, tokens and cursors as they are, as times that a client sent always are. */
  readonly exact?: boolean
}

/** A text, number, boolean or null as JSON, with what differs by nature replaced by a mark such as `<id 1>`. */
export function shown(value: unknown, { key, side, known, exact = false }: Shown): string {
  const kind = kindOf(key, value)
  if (kind === 'id') {
    const id = `<id ${known.ids.numberOf(side, value)}>`
    return typeof value === 'string' ? `"${id}"` : id
  }
  const isSent = kind === 'time' && known.times.wasSent(String(value))
  if (kind !== 'plain' && !exact && !isSent) return `"<${kind}>"`
  return JSON.stringify(typeof value === 'string' ? known.ids.inText(side, value) : value)
}

interface Around {
  readonly key: string
  readonly indent: string
  readonly label: string
}

interface Written {
  readonly side: Side
  readonly known: Acquaintance
  /** What follows the value. */
  readonly comma: string
}

/** The lines of a value that one of the answers has alone. */
export function linesOf(value: unknown, { key, indent, label }: Around, written: Written): readonly string[] {
  const { side, known, comma } = written
  const entries = Array.isArray(value)
    ? value.map(entry => ({ key, label: '', entry: entry as unknown }))
    : isObject(value)
      ? Object.entries(value).map(([name, entry]) => ({
          key: name,
          label: `${JSON.stringify(name)}: `,
          entry,
        }))
      : undefined
  if (!entries) return [indent + label + shown(value, { key, side, known }) + comma]
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  if (entries.length === 0) return [`${indent}${label}${open}${close}${comma}`]
  const inner = entries.flatMap(({ entry, ...around }, n) =>
    linesOf(
      entry,
      { ...around, indent: `${indent}  ` },
      { side, known, comma: n < entries.length - 1 ? ',' : '' },
    ),
  )
  return [`${indent}${label}${open}`, ...inner, `${indent}${close}${comma}`]
}
