import type { Middleware } from 'koa'
import {
  MongoClient,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb'
import { Problem } from './problem-details.js'

const CONNECT_TIMEOUT_MS = 1_000
const ANSWER_TIMEOUT_MS = 1_500
const HEARTBEAT_MS = 500

const DUPLICATE_KEY = 11_000

/**
 * A client whose operations fail within 4 seconds, one retry by the driver included, also when MongoDB accepts
 * connections and never answers, and which works again as soon as MongoDB does. The caller closes it.
 */
export function createMongoClient(url: string): MongoClient {
  return new MongoClient(url, {
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
    socketTimeoutMS: ANSWER_TIMEOUT_MS,
    heartbeatFrequencyMS: HEARTBEAT_MS,
  })
}

/** Answers 503 when MongoDB cannot be reached, hung up, was too slow, or is starting or stopping. */
export const mongoErrors: Middleware = async (_ctx, next) => {
  try {
    await next()
  } catch (error) {
    throw isUnavailable(error) ? new Problem(503, { cause: error }) : error
  }
}

/** Whether a write failed because a unique index has the value already. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY
}

function isUnavailable(error: unknown): boolean {
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoNotConnectedError ||
    error instanceof MongoServerSelectionError ||
    (error instanceof MongoServerError && error.hasErrorLabel('RetryableWriteError'))
  )
}
