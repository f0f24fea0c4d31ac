import { createHmac } from 'node:crypto'
import type { CheckContext } from '../kit/check.js'

type Claims = Readonly<Record<string, unknown>>

interface Signature {
  readonly header?: Readonly<Record<string, unknown>>
  /** Signs `header.payload`; by default HMAC-SHA-256 with `JWT_SECRET`. */
  readonly sign?: (signed: string) => string
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

export const hmac = (hash: string, key: string) => (signed: string) =>
  createHmac(hash, key).update(signed).digest('base64url')

/** The claims of the brief for a user; `exp` is in ten minutes. */
export function goodClaims(userId: string): Claims {
  const now = Math.floor(Date.now() / 1000)
  return { sub: userId, iss: 'blog-auth', aud: 'blog-api', iat: now, exp: now + 600 }
}

/** A JWT made by the grader. What is left out is as the brief wants it. */
export function forge(
  { secrets }: Pick<CheckContext, 'secrets'>,
  claims: Claims,
  { header, sign = hmac('sha256', secrets.JWT_SECRET ?? '') }: Signature = {},
): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`
  return `${signed}.${sign(signed)}`
}

/** Header and payload of a token; undefined when it is no JWT. */
export function decode(token: string): { header: Claims; payload: Claims; signature: string } | undefined {
  const [header = '', payload = '', signature] = token.split('.')
  if (signature === undefined) return undefined
  try {
    const [head, body] = [header, payload].map(part => JSON.parse(Buffer.from(part, 'base64url').toString()))
    return { header: Object(head) as Claims, payload: Object(body) as Claims, signature }
  } catch {
    return undefined
  }
}
