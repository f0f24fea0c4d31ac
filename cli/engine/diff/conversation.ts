import { parseCookie } from 'undici'
import { type Answer, openApi } from '../../../graders/kit/api.js'
import type { Exchange } from '../../../graders/kit/exchange.js'
import { fillJson, fillPath, fillText, readPlaceholder, valueAt } from './placeholders.js'
import { type PlannedRequest, stepIndex } from './request-plan.js'

/** A request as it went out, and what came back. */
export interface Sent {
  readonly exchange: Exchange
  /** Absent when the app gave none; `exchange.failure` then says why. */
  readonly answer?: Answer
}

/** What was said to one app. */
export interface Conversation {
  readonly appUrl: string
  readonly sent: readonly Sent[]
  /** A placeholder of the request after the last one sent, and the answer that it names a field of. */
  readonly stuck?: { readonly placeholder: string; readonly step: number }
}

class NoValueError extends Error {
  constructor(
    readonly placeholder: string,
    readonly step: number,
  ) {
    super(`{{${placeholder}}} stands for nothing`)
  }
}

/**
 * Sends the requests one after the other, each with what earlier answers gave and the cookies that they set. It
 * ends early where a request gets no answer or a placeholder has no value.
 */
export async function converse(
  appUrl: string,
  plan: readonly PlannedRequest[],
  { signal }: { readonly signal: AbortSignal },
): Promise<Conversation> {
  const exchanges: Exchange[] = []
  const api = openApi({ appUrl, requestTimeoutMs: 5_000, onExchange: exchange => exchanges.push(exchange) })
  const sent: Sent[] = []
  const cookies = new Map<string, string>()
  const lookUp = (placeholder: string): unknown => {
    const { step, path } = readPlaceholder(placeholder) ?? { step: '', path: [] }
    const index = stepIndex(plan, step)
    const value = valueAt(sent[index]?.answer?.body, path)
    if (value === undefined || value === null) throw new NoValueError(placeholder, index)
    return value
  }
  const abort = () => void api.close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (const request of plan) {
      signal.throwIfAborted()
      const filled = fillIn(request, { lookUp, cookies })
      const answer = await api.send(filled).catch((thrown: unknown) => {
        if (exchanges.at(-1)?.failure === undefined) throw thrown
        return undefined
      })
      signal.throwIfAborted()
      const exchange = exchanges.at(-1)
      if (exchange) sent.push({ exchange, ...(answer && { answer }) })
      if (!answer) break
      keepCookies(answer, cookies)
    }
  } catch (thrown) {
    if (!(thrown instanceof NoValueError)) throw thrown
    return { appUrl, sent, stuck: { placeholder: thrown.placeholder, step: thrown.step } }
  } finally {
    signal.removeEventListener('abort', abort)
    await api.close()
  }
  return { appUrl, sent }
}

interface Known {
  readonly lookUp: (placeholder: string) => unknown
  readonly cookies: ReadonlyMap<string, string>
}

function fillIn({ method, path, headers: written, body }: PlannedRequest, { lookUp, cookies }: Known) {
  const headers: Record<string, string> = {}
  if (cookies.size > 0) headers.cookie = [...cookies].map(pair => pair.join('=')).join('; ')
  for (const [name, value] of written) headers[name.toLowerCase()] = fillText(value, lookUp)
  const fill = body?.kind === 'json' ? fillJson : fillText
  return { method, path: fillPath(path, lookUp), headers, ...(body && { body: fill(body.text, lookUp) }) }
}

/** As a browser does, apart from paths and domains: an app of a project has one of each. */
function keepCookies(answer: Answer, cookies: Map<string, string>): void {
  for (const line of answer.headers.getSetCookie()) {
    const cookie = parseCookie(line)
    if (!cookie) continue
    if (isOver(cookie)) cookies.delete(cookie.name)
    else cookies.set(cookie.name, cookie.value)
  }
}

type Cookie = NonNullable<ReturnType<typeof parseCookie>>

/** Whether a `Set-Cookie` takes the cookie away. */
export const isOver = ({ value, maxAge, expires }: Cookie): boolean =>
  value === '' ||
  (maxAge !== undefined && maxAge <= 0) ||
  (expires !== undefined && Number(expires) < Date.now())
