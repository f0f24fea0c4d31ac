import { expect } from 'vitest'
import type { Answer } from './api.js'

interface AnswerMatchers<R = unknown> {
  /** The status line has this number, or one of these. */
  toHaveStatus(status: number | readonly number[]): R
  /** A problem document (RFC 9457) with this status, naming exactly these fields when they are given. */
  toBeProblem(status: number | readonly number[], fields?: readonly string[]): R
}

declare module 'vitest' {
  interface Assertion<T> extends AnswerMatchers<T> {}
}

/** The names in a problem's `errors` list, sorted; undefined when there is no such list. */
export function fieldsOf(answer: Answer): readonly string[] | undefined {
  const { errors } = Object(answer.body) as { errors?: unknown }
  if (!Array.isArray(errors)) return undefined
  return [...new Set(errors.map(error => String((Object(error) as { field?: unknown }).field)))].sort()
}

const named = (answer: Answer) => `${answer.exchange.method} ${answer.exchange.path}`
const list = (status: number | readonly number[]) => [status].flat().join(' or ')

/** Keeps on the error which answer it was about, so that the report shows that exchange. */
function verdict(answer: Answer, pass: boolean, message: string, expected: unknown, actual: unknown) {
  if (!pass) focused.set(answer.exchange, true)
  return { pass, message: () => message, expected, actual }
}

/** Exchanges that an assertion failed on. */
export const focused = new WeakMap<object, true>()

expect.extend({
  toHaveStatus(answer: Answer, status: number | readonly number[]) {
    const pass = [status].flat().includes(answer.status)
    return verdict(answer, pass, `${named(answer)} answered ${answer.status}`, list(status), answer.status)
  },

  toBeProblem(answer: Answer, status: number | readonly number[], fields?: readonly string[]) {
    const fail = (what: string, expected: unknown, actual: unknown) =>
      verdict(answer, false, `${named(answer)} answered ${what}`, expected, actual)
    if (![status].flat().includes(answer.status)) return fail(`${answer.status}`, list(status), answer.status)
    const type = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (type !== 'application/problem+json') {
      return fail(
        'an error that is no problem document',
        'application/problem+json',
        type ?? 'no content type',
      )
    }
    const body = Object(answer.body) as Record<string, unknown>
    for (const member of ['type', 'title'] as const) {
      if (typeof body[member] !== 'string')
        return fail(`a problem without \`${member}\``, 'a string', body[member])
    }
    if (body.status !== answer.status) {
      return fail('a problem whose `status` is not that of the status line', answer.status, body.status)
    }
    if (fields && JSON.stringify(fieldsOf(answer)) !== JSON.stringify([...fields].sort())) {
      return fail('a problem whose `errors` name other fields', [...fields].sort(), fieldsOf(answer))
    }
    return verdict(answer, true, `${named(answer)} answered a problem`, undefined, undefined)
  },
})
