import { parseCookie } from 'undici'
import {
  type Acquaintance,
  bothSay,
  type Compared,
  type Difference,
  type Line,
  type Mark,
} from './comparison.js'
import { isOver } from './conversation.js'
import type { Side } from './pairs.js'

/** The headers of one app's answer. */
interface Answered {
  readonly headers: Headers
  readonly appUrl: string
}

interface Both {
  readonly yours: Answered
  readonly reference: Answered
}

/** A header as it is shown, and what of it must be the same. */
interface Value {
  readonly shown: string
  readonly compared: string
}

type Read = (value: string) => Value

const asItIs: Read = value => ({ shown: value, compared: value })

const list =
  (left: (item: string) => boolean): Read =>
  value => {
    const items = value.split(',').map(item => item.trim())
    return {
      shown: value,
      compared: items
        .map(item => item.toLowerCase())
        .filter(left)
        .sort()
        .join(),
    }
  }

/** The headers that matter, in the order in which they are shown. */
const readers: Readonly<Record<string, Read>> = {
  'content-type': value => {
    const compared = value.toLowerCase().replaceAll(/\s|;\s*charset="?utf-8"?/g, '')
    return { shown: compared, compared }
  },
  allow: list(method => method !== 'head' && method !== 'options'),
  'www-authenticate': value => {
    const [, error = ''] = /\berror="?(\w+)/.exec(value) ?? []
    return { shown: value, compared: `${value.split(/[\s,]/)[0]?.toLowerCase()} ${error}` }
  },
  'cache-control': list(() => true),
  etag: value => ({ shown: `${value.startsWith('W/') ? 'W/' : ''}"<etag>"`, compared: '' }),
  'retry-after': asItIs,
  'x-cache': asItIs,
}

/** Compares the headers that matter. One that the learner's app alone has is never a mistake. */
export function compareHeaders({ yours, reference }: Both, { ids }: Pick<Acquaintance, 'ids'>): Compared {
  const lines: Line[] = []
  const differences: Difference[] = []
  const add = (name: string, mine: Value | undefined, theirs: Value | undefined, at = `header ${name}`) => {
    if (!mine && !theirs) return
    const same = mine?.compared === theirs?.compared
    const mark: Mark = same && mine?.shown === theirs?.shown ? 'same' : same || !theirs ? 'free' : 'differs'
    lines.push({
      ...(mine && { yours: `${name}: ${mine.shown}` }),
      ...(theirs && { reference: `${name}: ${theirs.shown}` }),
      mark,
    })
    const free = mark === 'free'
    if (!mine) differences.push({ at, kind: 'missing', says: 'is missing', free })
    else if (!theirs) differences.push({ at, kind: 'extra', says: 'is not in the reference', free })
    else if (mark !== 'same')
      differences.push({ at, kind: 'value', says: `differs: ${bothSay(mine.shown, theirs.shown)}`, free })
  }

  for (const [name, read] of Object.entries(readers)) {
    const [mine, theirs] = [yours.headers.get(name), reference.headers.get(name)]
    add(name, mine === null ? undefined : read(mine), theirs === null ? undefined : read(theirs))
    if (name === 'content-type') add('location', ...locations())
  }
  const [mine, theirs] = [cookiesOf(yours), cookiesOf(reference)]
  for (const name of new Set([...theirs.keys(), ...mine.keys()]))
    add('set-cookie', mine.get(name), theirs.get(name), `cookie ${name}`)
  return { lines, differences }

  /** Both as paths, with the ids in them. */
  function locations(): readonly [Value | undefined, Value | undefined] {
    const [mine, theirs] = [pathOf(yours), pathOf(reference)]
    const [my, their] = [mine?.split('/') ?? [], theirs?.split('/') ?? []]
    their.forEach((segment, n) => {
      const opposite = my[n]
      if (opposite !== undefined && isId('reference', segment) && isId('yours', opposite))
        ids.pair(opposite, segment)
    })
    const read = (side: Side, segments: readonly string[]): Value => {
      const text = segments
        .map(segment => (isId(side, segment) ? `<id ${ids.numberOf(side, segment)}>` : segment))
        .join('/')
      return { shown: text, compared: text }
    }
    return [
      mine === undefined ? undefined : read('yours', my),
      theirs === undefined ? undefined : read('reference', their),
    ]
  }

  function isId(side: Side, segment: string): boolean {
    return ids.paired(side, segment) !== undefined || /\d/.test(segment)
  }
}

/** Where it leads to: a path when that is on the app itself. */
function pathOf({ headers, appUrl }: Answered): string | undefined {
  const location = headers.get('location')
  if (location === null) return undefined
  if (!URL.canParse(location, appUrl)) return location
  const [app, target] = [new URL(appUrl), new URL(location, appUrl)]
  const isApp = target.port === app.port && ['127.0.0.1', 'localhost'].includes(target.hostname)
  return isApp ? target.pathname + target.search : location
}

/** Names and flags of the cookies that an answer sets. */
function cookiesOf({ headers }: Answered): ReadonlyMap<string, Value> {
  const cookies = headers.getSetCookie().flatMap(line => parseCookie(line) ?? [])
  return new Map(
    cookies.map(cookie => {
      const flags = [
        `${cookie.name}=${isOver(cookie) ? '' : '<token>'}`,
        cookie.httpOnly && 'HttpOnly',
        cookie.secure && 'Secure',
        cookie.sameSite && `SameSite=${cookie.sameSite}`,
        cookie.path && `Path=${cookie.path}`,
        cookie.domain && `Domain=${cookie.domain}`,
      ]
      const text = flags.filter(Boolean).join('; ')
      return [cookie.name, { shown: text, compared: text }] as const
    }),
  )
}
