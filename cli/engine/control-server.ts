import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../../fixtures/bep-error.js'
import type { StackControl } from '../../graders/kit/stack-control.js'

export interface StartedControlServer {
  readonly url: string
  readonly token: string
  stop(): Promise<void>
}

/**
 * Serves a `StackControl` to the checks' worker on 127.0.0.1. Each call needs the token, which is random per
 * run and known to the worker alone: the app under test cannot use it.
 */
export async function startControlServer(control: StackControl): Promise<StartedControlServer> {
  const token = randomBytes(32).toString('hex')
  const expected = Buffer.from(`Bearer ${token}`)
  const methods = new Map<string, (argument: never) => Promise<unknown>>(Object.entries(control))

  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const given = Buffer.from(request.headers.authorization ?? '')
    const method = methods.get(request.url?.slice(1) ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected) || !method) {
      answer(403, { error: 'forbidden' })
      return
    }
    readJson(request)
      .then(argument => method(argument as never))
      .then(result => answer(200, { result }))
      .catch((thrown: unknown) => answer(500, { error: messageOf(thrown) }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
