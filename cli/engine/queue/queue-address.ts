import { BepError } from '../../../fixtures/bep-error.js'

/** Where the queue is: a Redis. */
export interface QueueAddress {
  readonly url: string
  /** Host, port and database: what may be printed. The URL may hold a password. */
  readonly name: string
}

/**
 * Reads `redis://` or, with TLS, `rediss://`, `[user]:[password]@host:port/database`.
 * @throws BepError QUEUE_URL_BROKEN, which does not repeat what was given: it may be a password.
 */
export function parseQueueUrl(text: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  if (!url || !isRedis || url.hostname === '' || !/^\/?\d{0,4}$/.test(url.pathname)) {
    throw new BepError('QUEUE_URL_BROKEN', 'that is no URL of a Redis', {
      fix: 'redis://:password@host:6379, or rediss://… with TLS. In BEP_QUEUE it is seen by nobody else.',
    })
  }
  return { url: text, name: `${url.hostname}:${url.port || '6379'}${url.pathname.replace(/^\/$/, '')}` }
}
