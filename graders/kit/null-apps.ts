import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Answers every request but `GET /health`, which is 200: a null app is to be graded, and to earn nothing. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void

const json = (response: ServerResponse, status: number, body: unknown, type = 'application/json') =>
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))

const problem = (response: ServerResponse, status: number, title: string) =>
  json(response, status, { type: 'about:blank', title, status }, 'application/problem+json')

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Writes past HTTP, straight onto the connection. */
const raw = (request: IncomingMessage, text: string) => (request.socket as Socket).end(text)

const notes = new Map<string, unknown>()

const apps = {
  'always 200 {}': (_request, response) => json(response, 200, {}),
  'always 201 with an id': (_request, response) =>
    response
      .writeHead(201, { 'content-type': 'application/json', location: '/users/1' })
      .end('{"id":"1","items":[],"nextCursor":null}'),
  echo: async (request, response) => {
    const type = request.headers['content-type'] ?? 'application/json'
    response.writeHead(200, { 'content-type': type }).end(await bodyOf(request))
  },
  'always 404 problem': (_request, response) => problem(response, 404, 'Not Found'),
  'always 500 with a stack trace': (_request, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(new Error('it broke').stack)
  },
  'HTML for everything': (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>It works</title>')
  },
  'redirects in a circle': (request, response) =>
    response.writeHead(302, { location: request.url ?? '/' }).end(),
  'garbage instead of HTTP': request => raw(request, '\u0000\u0001 this is not HTTP\r\n\r\n{}'),
  'half an answer': request =>
    raw(
      request,
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"items":[',
    ),
  'hangs up': request => void request.socket.destroy(),
  'never answers': () => undefined,
  'answers without end': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const dripping = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(dripping))
  },
  'dies at the first request': () => process.exit(1),
  'another project: notes': async (request, response) => {
    const [, resource, id = ''] = (request.url ?? '').split('?')[0]?.split('/') ?? []
    if (resource !== 'notes') problem(response, 404, 'Not Found')
    else if (request.method === 'POST') {
      const note = { id: randomUUID(), text: await bodyOf(request) }
      notes.set(note.id, note)
      json(response, 201, note)
    } else if (id === '') json(response, 200, { items: [...notes.values()], nextCursor: null })
    else if (notes.has(id)) json(response, 200, notes.get(id))
    else problem(response, 404, 'Not Found')
  },
} satisfies Record<string, Handler>

export type NullApp = keyof typeof apps

/** Servers that do nothing of what any project asks for: each must earn 0 points. */
export const nullApps = Object.keys(apps) as NullApp[]

/**
 * Serves a null app on a port of 127.0.0.1 until SIGTERM. Called by name, in a process of its own.
 * @public
 */
export function serveNullApp(name: NullApp, port: number): void {
  const answer: Handler = apps[name]
  const server = createServer((request, response) => {
    if (request.url === '/health') json(response, 200, { status: 'ok' })
    else answer(request, response)
  })
  server.listen(port, '127.0.0.1')
  process.once('SIGTERM', () => process.exit(0))
}
