import type { Middleware } from 'koa'
import pg from 'pg'
import type { Logger } from 'pino'
import { Problem } from './problem-details.js'

const CONNECT_TIMEOUT_MS = 2_000
const STATEMENT_TIMEOUT_MS = 2_000
const LEND_TIMEOUT_MS = 2_500

// Otherwise pg writes a Date in local time, with an offset cut to whole minutes: wrong for old dates.
pg.defaults.parseInputDatesAsUTC = true

/**
 * A pool whose statements fail within `CONNECT_TIMEOUT_MS` + `LEND_TIMEOUT_MS`, also when the database
 * accepts connections and never answers, and which works again as soon as the database does. Sessions use
 * UTC. The caller ends it. Keep migrations off it: they may take longer.
 */
export function createPool(connectionString: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: '-c TimeZone=UTC',
  })
  const warn = (err: Error) => logger.warn({ err }, 'lost a database connection')
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', client => {
    clients.add(client)
    // An 'error' event that nobody hears ends the process, and a lent connection has no other listener.
    client.on('error', warn)
  })
  pool.on('remove', client => clients.delete(client))
  pool.on('error', () => {})

  // Statements that take too long are cancelled by the database. If even that takes too long, it does not
  // answer: hang up on all connections, for the pool would lend out the others next. (pg's query_timeout
  // gives the statement up and leaves the stuck connection in the pool.)
  const lent = new WeakMap<pg.PoolClient, NodeJS.Timeout>()
  const hangUp = () => {
    for (const client of clients) client.connection.stream.destroy()
  }
  pool.on('acquire', client => void lent.set(client, setTimeout(hangUp, LEND_TIMEOUT_MS)))
  pool.on('release', (_error, client) => clearTimeout(lent.get(client)))
  return pool
}

/** Answers 503 when the database cannot be reached, hung up, was too slow, or is starting or stopping. */
export const databaseErrors: Middleware = async (_ctx, next) => {
  try {
    await next()
  } catch (error) {
    throw isUnavailable(error) ? new Problem(503, { cause: error }) : error
  }
}

/** Name of the constraint or unique index that made a statement fail, if that is why `error` was thrown. */
export function violatedConstraint(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.constraint
  return error instanceof Error ? violatedConstraint(error.cause) : undefined
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // SQLSTATE classes: connection exception, insufficient resources, operator intervention.
  if (error instanceof pg.DatabaseError) return /^(08|53|57)/.test(error.code ?? '')
  // Errors of the socket have a code such as ECONNREFUSED; pg's own errors about connections have none.
  if ('code' in error && /^E(?!RR_)/.test(String(error.code))) return true
  return /^(Connection terminated|timeout exceeded|Client )/.test(error.message) || isUnavailable(error.cause)
}
