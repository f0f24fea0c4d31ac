import { Agent, type Dispatcher } from 'undici'
import { type Exchange, monotonicUs } from './exchange.js'

/** An answer of the app, whole: status, headers and body have been read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when it is empty or not JSON. */
  readonly body: unknown
  readonly exchange: Exchange
}

interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
}

interface RawRequest extends RequestOptions {
  readonly method: string
  /** Sent exactly as given, without normalisation. */
  readonly path: string
  /** A string goes out as it is; anything else as JSON with its content type. */
  readonly body?: unknown
}

/** The HTTP client of the checks: records every exchange and bounds time and size. */
export interface Api {
  get(path: string, options?: RequestOptions): Promise<Answer>
  post(path: string, body: unknown, options?: RequestOptions): Promise<Answer>
  patch(path: string, body: unknown, options?: RequestOptions): Promise<Answer>
  delete(path: string, options?: RequestOptions): Promise<Answer>
  send(request: RawRequest): Promise<Answer>
}

/** The app gave no usable answer: it refused, closed, stayed silent, or did not speak HTTP. */
class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  constructor(
    message: string,
    readonly exchange: Exchange,
    cause?: unknown,
  ) {
    super(message, { cause })
  }
}

interface ApiOptions {
  readonly appUrl: string
  readonly requestTimeoutMs: number
  /** Called with each exchange as it begins; it is filled in as the answer arrives. */
  readonly onExchange: (exchange: Exchange) => void
}

const maxBodyBytes = 1024 * 1024
const maxTimeouts = 5

/** Opens a client. One client serves a whole run: it gives up on an app that timed out `maxTimeouts` times. */
export function openApi({
  appUrl,
  requestTimeoutMs,
  onExchange,
}: ApiOptions): Api & { close(): Promise<void> } {
  // A kept-alive connection may be closed by the app at the moment it is used again: every request opens
  // its own, so that no verdict hangs on that race.
  const agent = new Agent({ pipelining: 0, connect: { timeout: requestTimeoutMs } })
  let timeouts = 0

  const send = async (request: RawRequest): Promise<Answer> => {
    const text =
      typeof request.body === 'string' || request.body === undefined
        ? request.body
        : JSON.stringify(request.body)
    const headers = {
      accept: 'application/json, application/problem+json',
      ...(text !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    }
    const exchange: Exchange = {
      method: request.method,
      path: request.path,
      requestHeaders: headers,
      ...(text !== undefined && { requestBody: text }),
      startedAtUs: monotonicUs(),
      endedAtUs: 0,
    }
    onExchange(exchange)
    const fail = (message: string, cause?: unknown) => {
      exchange.endedAtUs = monotonicUs()
      exchange.failure = message
      return new NoAnswerError(`${request.method} ${request.path}: ${message}`, exchange, cause)
    }
    if (timeouts >= maxTimeouts)
      throw fail(`not sent, because the server left ${maxTimeouts} requests unanswered`)

    const signal = AbortSignal.timeout(requestTimeoutMs)
    let received = 0
    try {
      const response = await agent.request({
        origin: appUrl,
        method: request.method as Dispatcher.HttpMethod,
        path: request.path,
        headers,
        body: text ?? null,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      const chunks: Buffer[] = []
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        received += chunk.length
        if (received > maxBodyBytes) throw fail(`the body is larger than ${maxBodyBytes} bytes`)
        chunks.push(chunk)
      }
      exchange.endedAtUs = monotonicUs()
      const answered = headersOf(response.headers)
      const body = Buffer.concat(chunks).toString('utf8')
      exchange.response = { status: response.statusCode, headers: Object.fromEntries(answered), body }
      return { status: response.statusCode, headers: answered, text: body, body: parseJson(body), exchange }
    } catch (thrown) {
      if (thrown instanceof NoAnswerError) throw thrown
      if (!signal.aborted) throw fail(describe(thrown), thrown)
      timeouts += 1
      throw fail(
        received > 0
          ? `the answer did not end within ${requestTimeoutMs / 1000} s (${received} bytes so far)`
          : `no answer within ${requestTimeoutMs / 1000} s`,
      )
    }
  }

  return {
    send,
    get: (path, options) => send({ method: 'GET', path, ...options }),
    post: (path, body, options) => send({ method: 'POST', path, body, ...options }),
    patch: (path, body, options) => send({ method: 'PATCH', path, body, ...options }),
    delete: (path, options) => send({ method: 'DELETE', path, ...options }),
    close: () => agent.destroy(),
  }
}

function headersOf(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  return headers
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function describe(thrown: unknown): string {
  const { code, message, name } = thrown as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return 'connection refused: the server does not listen any more'
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE') {
    return 'the server closed the connection without a whole answer'
  }
  if (name === 'HTTPParserError' || code?.startsWith('HPE_')) return `the answer is not HTTP (${message})`
  return message
}
