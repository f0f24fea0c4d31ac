import { expect } from 'vitest'
import type { Answer, Api } from '../kit/api.js'
import type { Credentials } from './resources.js'

interface SetCookie {
  readonly name: string
  readonly value: string
  /** Names in lower case; of a flag such as `secure` the value is empty. */
  readonly attributes: ReadonlyMap<string, string>
}

/** The cookies that an answer sets. */
export function cookiesOf({ headers }: Answer): readonly SetCookie[] {
  return headers.getSetCookie().map(line => {
    const [pair = '', ...rest] = line.split(';').map(part => splitAt(part.trim()))
    return {
      name: pair[0] ?? '',
      value: pair[1] ?? '',
      attributes: new Map(rest.map(([name = '', value = '']) => [name.toLowerCase(), value])),
    }
  })
}

function splitAt(pair: string): readonly string[] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}

/** Options of a request that sends back all cookies which an answer sets. */
export function withCookiesOf(answer: Answer) {
  const cookie = cookiesOf(answer)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')
  return { headers: { cookie } }
}

/** The cookie `sid` that an answer sets, and the headers that send back all cookies which it sets. */
export function sessionOf(answer: Answer) {
  expect(answer).toHaveStatus([200, 201])
  const sid = cookiesOf(answer).find(cookie => cookie.name === 'sid')
  expect(sid?.value, 'the cookie `sid` that the answer sets').toMatch(/./)
  return { sid: sid as SetCookie, ...withCookiesOf(answer) }
}

/** Logs in by session. */
export async function openSession(api: Api, { email, password }: Credentials) {
  return sessionOf(await api.post('/session', { email, password }))
}
