import { stripVTControlCharacters } from 'node:util'
import type { TaskMeta } from 'vitest'
import type { TestCase } from 'vitest/node'
import type { SeenRedisCommand, TimeWindow } from '../../graders/kit/evidence.js'
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
    ...(window && stack.has('postgres') && { statements: statementsIn(stack, window) }),
    ...(window &&
      (stack.has('redis') || stack.has('mongodb')) && {
        commands: [
          ...(stack.has('mongodb') ? mongoCommandsIn(stack, window) : []),
          ...(stack.has('redis') ? redisCommandsIn(stack, window) : []),
        ],
      }),
    logs: window ? [...app.logs.between(window.fromUs, window.toUs + logGraceUs)] : [],
  }
}

function statementsIn(stack: StartedStack, window: TimeWindow): NonNullable<Failure['statements']> {
  return stack.seen('postgres', window).map(({ sql, params, tag, error }) => ({
    sql,
    params: [...params],
    ...(tag !== undefined && { tag }),
    ...(error !== undefined && { error }),
  }))
}

function redisCommandsIn(stack: StartedStack, window: TimeWindow): NonNullable<Failure['commands']> {
  return stack.seen('redis', window).map(({ command, args, reply }) => ({
    service: 'redis',
    command,
    args: [...args],
    ...(reply?.type === 'error' && { error: reply.text }),
    ...(reply && reply.type !== 'error' && { reply: shownReply(reply) }),
  }))
}

function mongoCommandsIn(stack: StartedStack, window: TimeWindow): NonNullable<Failure['commands']> {
  return stack.seen('mongodb', window).map(({ command, collection = '', body }) => ({
    service: 'mongodb',
    command: `${collection}.${command}`,
    args: [JSON.stringify(body).slice(0, 1_000)],
    // The tap does not read what MongoDB answers.
    reply: 'sent',
  }))
}

function shownReply({ type, text }: NonNullable<SeenRedisCommand['reply']>): string {
  if (type === 'string') return JSON.stringify(text)
  return ['array', 'map', 'set'].includes(type) ? `${type} of ${text}` : text
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
