import { once } from 'node:events'
import { createServer } from 'node:http'
import type Koa from 'koa'
import type { Logger } from 'pino'
import { Problem } from './problem-details.js'

const STOP_TIMEOUT_MS = 8_000

interface ServeOptions {
  readonly port: number
  readonly logger: Logger
  /** Called when the last answer is out, to close what the app used. */
  readonly close: () => Promise<void>
}

/**
 * Serves `app` on 127.0.0.1 until SIGTERM or SIGINT: then it takes no new connection, finishes the requests
 * in flight, calls `close`, and exits; after 8 seconds in any case. Rejects if it cannot listen.
 */
export async function serve(app: Koa, { port, logger, close }: ServeOptions): Promise<void> {
  const server = createServer(app.callback())

  // Requests that no HTTP parser accepts never reach the app.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return
    const problem = new Problem(error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400).toJSON()
    const body = JSON.stringify(problem)
    socket.end(
      `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
  })

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  logger.info({ port }, 'listening')

  const stop = async (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
    // A connection that has its last answer must not be kept alive for a next request.
    server.keepAliveTimeout = 1
    server.close()
    await once(server, 'close')
    await close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
}
