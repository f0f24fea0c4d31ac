import type { Redis } from 'ioredis'
import type { Db, MongoClient } from 'mongodb'
import pg from 'pg'
import { StackError } from './stack-control.js'

export type Sql = <T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<T[]>

const REDIS_LIMIT_MS = 5_000
const MONGO_LIMIT_MS = 5_000

/** Queries the app's database around the tap. What fails is the grader's: StackError. */
export function openSql(adminUrl: string | undefined): Sql {
  if (adminUrl === undefined) return () => Promise.reject(absent('Postgres'))
  const pool = new pg.Pool({ connectionString: adminUrl, max: 2, allowExitOnIdle: true })
  pool.on('error', () => undefined) // The next query says so.
  return async <T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
    const result = await pool.query<T>(text, [...values]).catch((cause: unknown) => {
      throw new StackError(`the grader cannot query the database: ${text}`, { cause })
    })
    return result.rows
  }
}

/**
 * A client of the app's Redis around the tap; undefined where the project has none, and only then is the
 * library left unloaded. An error that Redis answers with, such as WRONGTYPE, is thrown as it is, since the
 * app chose the key's type; whatever else fails is the grader's: StackError.
 */
export async function openRedis(adminUrl: string | undefined): Promise<Redis | undefined> {
  if (adminUrl === undefined) return undefined
  const { Redis, ReplyError } = await import('ioredis')
  class GraderRedis extends Redis {
    override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
      // It connects again only when it is asked: the server may have been killed, or dropped for good.
      const ready = this.status === 'end' ? this.connect() : undefined
      const answer = ready ? ready.then(() => super.sendCommand(...sent)) : super.sendCommand(...sent)
      return (answer as Promise<unknown>).catch((cause: unknown) => {
        if (cause instanceof ReplyError) throw cause
        throw new StackError(`the grader cannot ask Redis: ${sent[0].name}`, { cause })
      })
    }
  }
  const client = new GraderRedis(adminUrl, {
    lazyConnect: true,
    commandTimeout: REDIS_LIMIT_MS,
    retryStrategy: () => null,
  })
  client.on('error', () => undefined) // The next command says so.
  return client
}

/**
 * The app's MongoDB database around the tap; undefined where the project has none, and only then is the
 * library left unloaded.
 */
export async function openMongo(adminUrl: string | undefined): Promise<Db | undefined> {
  if (adminUrl === undefined) return undefined
  const mongodb = await import('mongodb')
  const client: MongoClient = new mongodb.MongoClient(adminUrl, { serverSelectionTimeoutMS: MONGO_LIMIT_MS })
  return client.db()
}

/** The project has no such service, and its check asks for it. */
export function absent(service: string): StackError {
  return new StackError(`this project has no ${service}`)
}
