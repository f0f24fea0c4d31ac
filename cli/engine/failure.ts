import { stripVTControlCharacters } from 'node:util'
import type { TaskMeta } from 'vitest'
import type { TestCase } from 'vitest/node'
import type { Exchange } from '../../graders/kit/exchange.js'
import type { StartedApp } from './app.js'
import type { Failure } from './results.js'
import type { StartedStack } from './stack.js'

/** Log lines may arrive a little after the answer that they belong to. */
const logGraceUs = 50_000

interface FailureEvidence {
  readonly app: StartedApp
  readonly stack: StartedStack
  /** Base URL in the curl lines: where the learner's own server is reached. */
  readonly displayUrl: string
}

/** Tells why a check failed: what was asserted, the exchange that it was about, and what happened meanwhile. */
export function describeFailure(test: TestCase, { app, stack, displayUrl }: FailureEvidence): Failure {
  const [error] = test.result().errors ?? []
  const { exchanges = [], focus = -1 } = test.meta() as TaskMeta as TaskMeta
  const exchange = exchanges[focus]
  const window = exchange && { fromUs: exchange.startedAtUs, toUs: exchange.endedAtUs }
  const message = stripVTControlCharacters(error?.message ?? 'it failed without a reason')
  return {
    message: app.exit ? `${message}; the server ${app.exit.reason}` : message,
    ...(error?.expected !== undefined && { expected: stripVTControlCharacters(String(error.expected)) }),
    ...(error?.actual !== undefined && { got: stripVTControlCharacters(String(error.actual)) }),
    ...(exchange && { exchange: shown(exchange, displayUrl) }),
    statements: window
      ? stack.statements(window).map(({ sql, params, tag, error: refused }) => ({
          sql,
          params: [...params],
          ...(tag !== undefined && { tag }),
          ...(refused !== undefined && { error: refused }),
        }))
      : [],
    logs: window ? [...app.logs.between(window.fromUs, window.toUs + logGraceUs)] : [],
  }
}

function shown(exchange: Exchange, displayUrl: string): NonNullable<Failure['exchange']> {
  return {
    curl: curlOf(exchange, displayUrl),
    ...(exchange.response && {
      status: exchange.response.status,
      headers: { ...exchange.response.headers },
      body: exchange.response.body.slice(0, 4_000),
    }),
    ...(exchange.failure !== undefined && { failure: exchange.failure }),
  }
}

/** A line for a POSIX shell that sends the same request. */
function curlOf(exchange: Exchange, displayUrl: string): string {
  const { method, path, requestHeaders, requestBody } = exchange
  const parts = ['curl', '-i']
  if (method !== 'GET') parts.push('-X', method)
  parts.push(quote(`${displayUrl}${path}`))
  for (const [name, value] of Object.entries(requestHeaders)) {
    if (name !== 'accept') parts.push('-H', quote(`${name}: ${value}`))
  }
  if (requestBody !== undefined) {
    const long = requestBody.length > 2_000
    parts.push('-d', long ? `"$(head -c ${requestBody.length} /dev/zero | tr '\\0' x)"` : quote(requestBody))
  }
  return parts.join(' ')
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
