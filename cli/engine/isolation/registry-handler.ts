import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { homedir } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'
import { EnvHttpProxyAgent, request } from 'undici'
import { messageOf } from '../../../fixtures/bep-error.js'
import { cleanEnvironment } from './process-launcher.js'

const passedOn = ['accept', 'accept-encoding', 'user-agent', 'if-none-match', 'npm-command']
const returned = ['content-type', 'content-encoding', 'content-length', 'etag', 'cache-control']

/** The user's npm registry, as sandboxes see it. */
export interface Registry {
  /** Serves it read-only, one connection at a time: no host but the registry's is ever asked. */
  readonly handler: (socket: Socket) => void
  /** Why it could not be reached while this was open, or cannot be now; undefined where it could. */
  outage(): Promise<string | undefined>
}

const brokenGateway = new Set([502, 503, 504])
const probeLimitMs = 10_000

export async function openRegistry(env: NodeJS.ProcessEnv): Promise<Registry> {
  const registry = await npmRegistry(env)
  const { origin } = new URL(registry)
  const dispatcher = new EnvHttpProxyAgent()
  let seen: string | undefined
  const ask = async (...[url, options]: Parameters<typeof request>) => {
    try {
      const answer = await request(url, { ...options, dispatcher })
      if (brokenGateway.has(answer.statusCode)) seen ??= `${origin} answered ${answer.statusCode}`
      return answer
    } catch (error) {
      seen ??= `${origin}: ${messageOf(error)}`
      throw error
    }
  }
  const forward = async (asked: IncomingMessage, response: ServerResponse) => {
    if (asked.method !== 'GET' || !asked.url?.startsWith('/') || !URL.canParse(`${origin}${asked.url}`)) {
      response.writeHead(405).end()
      return
    }
    const headers = Object.fromEntries(passedOn.flatMap(name => entryOf(name, asked.headers[name])))
    const answer = await ask(`${origin}${asked.url}`, { headers })
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
  return {
    handler: socket => void server.emit('connection', socket),
    async outage() {
      if (seen !== undefined) return seen
      await ask(registry, { signal: AbortSignal.timeout(probeLimitMs) })
        .then(({ body }) => body.dump())
        .catch(() => undefined)
      return seen
    },
  }
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
