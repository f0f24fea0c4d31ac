import { jwtVerify, SignJWT } from 'jose'
import { id } from '../shared/uuid-ids.js'

const LIFETIME_S = 900
const CLAIMS = { issuer: 'blog-auth', audience: 'blog-api' }

export type AccessTokens = ReturnType<typeof accessTokens>

/** Access tokens signed with `secret`: JWTs that say who is logged in, and nothing about roles. */
export function accessTokens(secret: string) {
  const key = new TextEncoder().encode(secret)
  return {
    lifetimeS: LIFETIME_S,

    issue(userId: string): Promise<string> {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT()
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(CLAIMS.issuer)
        .setAudience(CLAIMS.audience)
        .setIssuedAt(now)
        .setExpirationTime(now + LIFETIME_S)
        .sign(key)
    },

    /** The user whom a good token names. */
    async verify(token: string): Promise<string | undefined> {
      try {
        // The algorithm is ours to choose: the token's own header is the word of whoever made it.
        const options = { ...CLAIMS, algorithms: ['HS256'], requiredClaims: ['exp'] }
        const { payload } = await jwtVerify(token, key, options)
        return id.safeParse(payload.sub).data
      } catch {
        return undefined
      }
    },
  }
}
