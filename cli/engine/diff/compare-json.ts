import { align, alike, type Place } from './align.js'
import { type Acquaintance, bothSay, type Compared, type Difference, type Line } from './comparison.js'
import { linesOf, shown } from './json-lines.js'
import { shape } from './shape.js'
import { isObject, type JsonObject, kindOf, typeOf } from './values.js'

interface JsonOptions extends Acquaintance {
  /** The bodies are problem documents: their wording is free, and so are further members. */
  readonly problem: boolean
}

/** Where in the bodies a value is, and what stands around it. */
interface Spot {
  readonly at: string
  /** The field, or that of the list which the value is in. */
  readonly key: string
  readonly indent: string
  /** `"name": ` in an object. */
  readonly label: string
  readonly comma: { readonly yours: string; readonly reference: string }
}

const wording = new Set(['type', 'title', 'detail', 'instance', 'message'])
const nothing: ReadonlySet<string> = new Set()
const optional = new Set(['detail', 'instance'])

/** Compares two JSON bodies, field by field in the order of the reference's. */
export function compareJson(yours: unknown, reference: unknown, options: JsonOptions): Compared {
  const { ids, times, problem } = options
  let lines: Line[] = []
  let differences: Difference[] = []

  const differs = (at: string, kind: Difference['kind'], says: string, free = false) => {
    differences.push({ at, kind, says, free })
  }

  const oneSided = (side: 'yours' | 'reference', value: unknown, spot: Spot, free: boolean) => {
    const written = linesOf(value, spot, { side, known: options, comma: spot.comma[side] })
    lines.push(
      ...written.map(text => ({ [side]: text, mark: free ? ('free' as const) : ('differs' as const) })),
    )
  }

  const opposite = (mine: unknown, theirs: unknown, spot: Spot) => {
    const written = linesOf(mine, spot, { side: 'yours', known: options, comma: spot.comma.yours })
    const right = linesOf(theirs, spot, { side: 'reference', known: options, comma: spot.comma.reference })
    for (let n = 0; n < Math.max(written.length, right.length); n++)
      lines.push({ yours: written[n], reference: right[n], mark: 'differs' })
  }

  const compare = (mine: unknown, theirs: unknown, spot: Spot): void => {
    if (isObject(mine) && isObject(theirs)) compareObjects(mine, theirs, spot)
    else if (Array.isArray(mine) && Array.isArray(theirs)) compareArrays(mine, theirs, spot)
    else if (typeOf(mine) !== typeOf(theirs)) {
      opposite(mine, theirs, spot)
      differs(spot.at, 'type', `is ${typeOf(mine)}, in the reference ${typeOf(theirs)}`)
    } else compareScalars(mine, theirs, spot)
  }

  const compareScalars = (mine: unknown, theirs: unknown, { at, key, indent, label, comma }: Spot) => {
    const kind = kindOf(key, theirs)
    const alike = kindOf(key, mine) === kind
    const same = alike && sameValue(kind, mine, theirs)
    const exact = kind === 'time' && alike && !same
    const referenceShown = shown(theirs, { key, side: 'reference', known: options, exact })
    // An id that counts up stands for several things: here it is the one that the reference's stands for.
    const yoursShown =
      same && kind === 'id' ? referenceShown : shown(mine, { key, side: 'yours', known: options, exact })
    const free = !same && problem && wording.has(key) && typeof mine === 'string' && mine !== ''
    lines.push({
      yours: indent + label + yoursShown + comma.yours,
      reference: indent + label + referenceShown + comma.reference,
      mark: same ? 'same' : free ? 'free' : 'differs',
    })
    if (same) return
    if (free) differs(at, 'value', 'is worded differently', true)
    else if (kind === 'time' && kindOf(key, mine) === 'plain')
      differs(at, 'value', `is no time in UTC that ends in Z: ${yoursShown}`)
    else if (alike && kind === 'id')
      differs(at, 'value', `is another id: ${bothSay(yoursShown, referenceShown)}`)
    else differs(at, 'value', `differs: ${bothSay(yoursShown, referenceShown)}`)
  }

  const sameValue = (kind: ReturnType<typeof kindOf>, mine: unknown, theirs: unknown): boolean => {
    if (kind === 'id') return ids.pair(mine, theirs)
    if (kind === 'time') return times.same(String(mine), String(theirs))
    if (kind !== 'plain' || mine === theirs) return true
    return (
      typeof mine === 'string' &&
      typeof theirs === 'string' &&
      ids.inText('yours', mine) === ids.inText('reference', theirs)
    )
  }

  const compareObjects = (mine: JsonObject, theirs: JsonObject, spot: Spot) => {
    const { at, indent } = spot
    const keys = Object.keys(theirs)
    const names = Object.keys(mine)
    const further = names.filter(key => !Object.hasOwn(theirs, key))
    let left = names.length
    const innerOf = (key: string, isLast: boolean): Spot => {
      if (Object.hasOwn(mine, key)) left -= 1
      return {
        at: /^[\w$]+$/.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`,
        key,
        indent: `${indent}  `,
        label: `${JSON.stringify(key)}: `,
        comma: { yours: left > 0 ? ',' : '', reference: isLast ? '' : ',' },
      }
    }
    inside(spot, '{', '}', () => {
      for (const key of keys) {
        const inner = innerOf(key, key === keys.at(-1))
        if (Object.hasOwn(mine, key)) compare(mine[key], theirs[key], inner)
        else {
          const free = problem && optional.has(key)
          oneSided('reference', theirs[key], inner, free)
          differs(inner.at, 'missing', 'is missing', free)
        }
      }
      for (const key of further) {
        const inner = innerOf(key, true)
        oneSided('yours', mine[key], inner, problem)
        differs(inner.at, 'extra', 'is not in the reference', problem)
      }
    })
  }

  const compareArrays = (mine: readonly unknown[], theirs: readonly unknown[], spot: Spot) => {
    const ignored = problem ? wording : nothing
    const myShapes = mine.map(value => shape(value, spot.key, { side: 'yours', ids, ignored }))
    const theirShapes = theirs.map(value => shape(value, spot.key, { side: 'reference', ids, ignored }))
    const isOrder =
      myShapes.join('\n') !== theirShapes.join('\n') &&
      myShapes.toSorted().join('\n') === theirShapes.toSorted().join('\n')
    const compareBy = (aligned: readonly Place[]) =>
      inside(spot, '[', ']', () => places(mine, theirs, spot, aligned))
    if (!isOrder) return compareBy(align(myShapes, theirShapes))

    differs(spot.at, 'order', 'has the same entries in another order', problem)
    if (problem) return compareBy(alike(myShapes, theirShapes))
    // Each entry is first paired with its like, so that no id passes for another one only by its place.
    const linesBefore = lines
    lines = []
    compareBy(alike(myShapes, theirShapes))
    // What is seen is both orders: only the lines of this second comparison count, and only the differences of the first.
    const found = differences
    lines = linesBefore
    differences = []
    compareBy(mine.map((_, index) => ({ yours: index, reference: index })))
    differences = found
  }

  const places = (
    mine: readonly unknown[],
    theirs: readonly unknown[],
    spot: Spot,
    aligned: readonly Place[],
  ) => {
    for (const { yours: my, reference: their } of aligned) {
      const inner = {
        at: `${spot.at}[${my ?? their}]`,
        key: spot.key,
        indent: `${spot.indent}  `,
        label: '',
        comma: {
          yours: my !== undefined && my < mine.length - 1 ? ',' : '',
          reference: their !== undefined && their < theirs.length - 1 ? ',' : '',
        },
      }
      if (my !== undefined && their !== undefined) compare(mine[my], theirs[their], inner)
      else if (their !== undefined) {
        oneSided('reference', theirs[their], inner, false)
        differs(inner.at, 'missing', 'is missing')
      } else if (my !== undefined) {
        oneSided('yours', mine[my], inner, false)
        differs(inner.at, 'extra', 'is not in the reference')
      }
    }
  }

  const inside = ({ indent, label, comma }: Spot, open: string, close: string, entries: () => void) => {
    const opening = indent + label + open
    lines.push({ yours: opening, reference: opening, mark: 'same' })
    const begin = lines.length
    entries()
    if (lines.length > begin)
      lines.push({
        yours: indent + close + comma.yours,
        reference: indent + close + comma.reference,
        mark: 'same',
      })
    else
      lines[begin - 1] = {
        yours: opening + close + comma.yours,
        reference: opening + close + comma.reference,
        mark: 'same',
      }
  }

  compare(yours, reference, {
    at: 'body',
    key: '',
    indent: '',
    label: '',
    comma: { yours: '', reference: '' },
  })
  return { lines, differences }
}
