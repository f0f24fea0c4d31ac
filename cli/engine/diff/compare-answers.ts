import type { Answer } from '../../../graders/kit/api.js'
import { align } from './align.js'
import { compareHeaders } from './compare-headers.js'
import { compareJson } from './compare-json.js'
import { type Acquaintance, bothSay, type Compared, type Difference, type Line } from './comparison.js'
import type { Sent } from './conversation.js'
import type { Side } from './pairs.js'
import { isTime } from './values.js'

/** What one app said to a request. */
interface Said extends Sent {
  readonly appUrl: string
}

/** Two answers to one request beside each other. */
export interface Comparison {
  readonly status: Line
  readonly headers: readonly Line[]
  readonly body: readonly Line[]
  readonly differences: readonly Difference[]
}

/** Compares the learner's answer, which may be missing, with the reference's. New ids are paired on the way. */
export function compareAnswers(
  { yours, reference }: { readonly yours: Said; readonly reference: Said & { readonly answer: Answer } },
  known: Acquaintance,
): Comparison {
  const [mine, theirs] = [yours.answer, reference.answer]
  const statusLine = `HTTP ${theirs.status}`
  if (!mine) {
    const reason = `no answer: ${yours.exchange.failure}`
    return {
      status: { yours: reason, reference: statusLine, mark: 'differs' },
      headers: [],
      body: [],
      differences: [
        { at: 'answer', kind: 'missing', says: `is missing: ${yours.exchange.failure}`, free: false },
      ],
    }
  }
  const same = mine.status === theirs.status
  // The body first: it has the ids that headers lead to.
  const body = compareBodies(mine, theirs, known)
  const headers = compareHeaders(
    { yours: { ...yours, headers: mine.headers }, reference: { ...reference, headers: theirs.headers } },
    known,
  )
  return {
    status: { yours: `HTTP ${mine.status}`, reference: statusLine, mark: same ? 'same' : 'differs' },
    headers: headers.lines,
    body: body.lines,
    differences: [
      ...(same
        ? []
        : [
            {
              at: 'status',
              kind: 'value',
              says: `differs: ${bothSay(String(mine.status), String(theirs.status))}`,
              free: false,
            } as const,
          ]),
      ...headers.differences,
      ...body.differences,
    ],
  }
}

function compareBodies(mine: Answer, theirs: Answer, known: Acquaintance): Compared {
  if (mine.body !== undefined && theirs.body !== undefined) {
    const problem = mine.status >= 400 && theirs.status >= 400
    return compareJson(mine.body, theirs.body, { ...known, problem })
  }
  const compared = compareTexts(mine, theirs, known)
  const kinds = [kindOfBody(mine), kindOfBody(theirs)] as const
  if (kinds[0] === kinds[1]) return compared
  return {
    lines: compared.lines,
    differences: [
      { at: 'body', kind: 'type', says: `is ${kinds[0]}, in the reference ${kinds[1]}`, free: false },
    ],
  }
}

const kindOfBody = ({ text, body }: Answer): string =>
  text === '' ? 'empty' : body === undefined ? 'text' : 'JSON'

/** Compares line by line. */
function compareTexts(mine: Answer, theirs: Answer, { ids }: Acquaintance): Compared {
  const [my, their] = [linesOf(mine, 'yours'), linesOf(theirs, 'reference')]
  const differences: Difference[] = []
  const lines = align(my, their).map(({ yours, reference }): Line => {
    const line = {
      ...(yours !== undefined && { yours: my[yours] }),
      ...(reference !== undefined && { reference: their[reference] }),
    }
    if (line.yours === line.reference) return { ...line, mark: 'same' }
    const [at, kind, says] =
      yours === undefined
        ? ([reference, 'missing', 'is missing'] as const)
        : reference === undefined
          ? ([yours, 'extra', 'is not in the reference'] as const)
          : ([yours, 'value', `differs: ${bothSay(my[yours] ?? '', their[reference] ?? '')}`] as const)
    differences.push({ at: `body line ${(at ?? 0) + 1}`, kind, says, free: false })
    return { ...line, mark: 'differs' }
  })
  return { lines, differences }

  function linesOf({ text, body }: Answer, side: Side): readonly string[] {
    if (text === '') return []
    const written = body === undefined ? text : JSON.stringify(body, null, 2)
    const simplified = ids
      .inText(side, written)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, time => (isTime(time) ? '<time>' : time))
    return simplified.replace(/\r?\n$/, '').split(/\r?\n/)
  }
}
