import autocannon from 'autocannon'
import { messageOf } from '../../../fixtures/bep-error.js'
import type { LoadRequest } from '../../../graders/kit/bench.js'
import { lowerCased, parsedBody } from './bench-app.js'

/** A wrong answer under load, or none. */
export interface LoadFault {
  /** Method and path; absent where it is about none in particular. */
  readonly request?: string
  readonly status?: number
  readonly message: string
}

/** One window of load on one app. */
export interface LoadWindow {
  /** Answers per second. */
  readonly perSecond: number
  /** Milliseconds from request to answer, of each. */
  readonly latenciesMs: readonly number[]
  /** The first answer that was wrong. */
  readonly fault?: LoadFault
}

interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly windowMs: number
  /** Makes the next request of the window. */
  readonly next: () => LoadRequest
  readonly signal: AbortSignal
}

/** Of so many answers one is looked at in full; of the others, the status. */
const LOOK_AT_ONE_OF = 8
/** How often autocannon looks whether it was stopped. */
const STOP_CHECK_MS = 10
const ANSWER_LIMIT_S = 5

/**
 * Sends requests over `connections` connections, on each the next one when the last was answered, and counts
 * the answers of `windowMs` milliseconds. Answers of the app that are wrong are no error: `fault` tells the first.
 */
export async function runWindow({
  url,
  connections,
  windowMs,
  next,
  signal,
}: LoadOptions): Promise<LoadWindow> {
  signal.throwIfAborted()
  let fault: LoadFault | undefined
  let answers = 0
  let open = true
  const asked = new WeakMap<object, LoadRequest>()
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const options: autocannon.Options = {
    url,
    connections,
    // It ends by `stop`: autocannon itself knows whole seconds only.
    duration: 3_600,
    sampleInt: STOP_CHECK_MS,
    timeout: ANSWER_LIMIT_S,
    requests: [
      {
        setupRequest(request, context) {
          const load = next()
          asked.set(context, load)
          const { method = 'GET', path, headers, body } = load
          const type = body && { 'content-type': 'application/json' }
          const text = body && JSON.stringify(body)
          return { ...request, method, path, headers: { ...type, ...headers }, body: text }
        },
        onResponse(status, text, context, headers) {
          const load = asked.get(context)
          if (!open || fault || !load) return
          const whole = answers++ % LOOK_AT_ONE_OF === 0
          const message = whole
            ? faultOf(load, { status, text, headers: headers ?? {} })
            : status >= 200 && status < 300
              ? undefined
              : `status ${status}`
          if (message !== undefined)
            fault = { request: `${load.method ?? 'GET'} ${load.path}`, status, message }
        },
      },
    ],
  }
  let elapsedMs = 0
  await new Promise<void>((resolve, reject) => {
    const tracker = autocannon(options, error => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      if (error) reject(error)
      else resolve()
    })
    const stop = () => {
      if (!open) return
      open = false
      elapsedMs = performance.now() - startedAt
      tracker.stop()
    }
    let isDue = false
    tracker.on('response', (_client, _status, _bytes, responseTime) => {
      if (open) latenciesMs.push(responseTime)
      if (isDue) stop()
    })
    tracker.on('reqError', (error: unknown) => {
      if (open) fault ??= { message: `no answer under load: ${messageOf(error)}` }
      stop()
    })
    // A window without any answer would say nothing: it goes on to the first one, or to the time limit.
    const timer = setTimeout(() => {
      isDue = true
      if (latenciesMs.length > 0) stop()
    }, windowMs)
    signal.addEventListener('abort', stop, { once: true })
  })
  signal.throwIfAborted()
  return { perSecond: (latenciesMs.length / elapsedMs) * 1000, latenciesMs, ...(fault && { fault }) }
}

interface RawAnswer {
  readonly status: number
  readonly text: string
  readonly headers: object
}

function faultOf(load: LoadRequest, { status, text, headers }: RawAnswer): string | undefined {
  try {
    const fault = load.fault({ status, body: parsedBody(text), headers: lowerCased(headers) })
    return fault ?? (status >= 200 && status < 300 ? undefined : `status ${status}`)
  } catch (thrown) {
    // A body that is shaped in no way that the scenario knows.
    return `an answer of another shape (${messageOf(thrown)})`
  }
}
