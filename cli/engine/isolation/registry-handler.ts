import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { homedir } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'
import { EnvHttpProxyAgent, request } from 'undici'
import { cleanEnvironment } from './process-launcher.js'

const passedOn = ['accept', 'accept-encoding', 'user-agent', 'if-none-match', 'npm-command']
const returned = ['content-type', 'content-encoding', 'content-length', 'etag', 'cache-control']

/**
 * Serves the user's npm registry to sandboxes, read-only: one connection at a time is handed to the function, and no
 * host but the registry's is ever asked.
 */
export async function registryHandler(env: NodeJS.ProcessEnv): Promise<(socket: Socket) => void> {
  const { origin } = new URL(await npmRegistry(env))
  const dispatcher = new EnvHttpProxyAgent()
  const forward = async (asked: IncomingMessage, response: ServerResponse) => {
    if (asked.method !== 'GET' || !asked.url?.startsWith('/')) {
      response.writeHead(405).end()
      return
    }
    const headers = Object.fromEntries(passedOn.flatMap(name => entryOf(name, asked.headers[name])))
    const answer = await request(`${origin}${asked.url}`, { headers, dispatcher })
    response.writeHead(
      answer.statusCode,
      Object.fromEntries(returned.flatMap(name => entryOf(name, answer.headers[name]))),
    )
    await pipeline(answer.body, response)
  }
  const server = createServer((asked, response) => {
    forward(asked, response).catch(() => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502).end()
    })
  })
  return socket => void server.emit('connection', socket)
}

const entryOf = (name: string, value: string | string[] | undefined) =>
  typeof value === 'string' ? [[name, value]] : []

const found = new Map<string, Promise<string>>()

/** The registry that the user's npm is set to. */
export function npmRegistry(env: NodeJS.ProcessEnv): Promise<string> {
  const key = env.npm_config_registry ?? ''
  const asking =
    found.get(key) ??
    // Asked outside any project: a submission's .npmrc has no say.
    execa('npm', ['config', 'get', 'registry'], {
      cwd: homedir(),
      env: { ...cleanEnvironment(env), ...(key !== '' && { npm_config_registry: key }) },
      extendEnv: false,
    }).then(({ stdout }) => stdout.trim())
  found.set(key, asking)
  return asking
}
