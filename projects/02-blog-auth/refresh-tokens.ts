import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from './database.js'

const LIFETIME_S = 30 * 24 * 60 * 60

/** A family is what came from one login by refreshing. */
interface Family {
  readonly familyId: string
  readonly userId: string
}

// A slow hash is for what people make up: nobody guesses 32 random bytes.
const hashOf = (token: string) => createHash('sha256').update(token).digest()

/** Gives out the first token of a new family, and forgets the user's expired ones. */
export async function startFamily(db: Db, userId: string): Promise<string> {
  await db
    .deleteFrom('refreshTokens')
    .where('userId', '=', userId)
    .where('expiresAt', '<', sql<Date>`now()`)
    .execute()
  return await issue(db, { familyId: randomUUID(), userId })
}

/**
 * Changes a token for the next one of its family; undefined if it is not good. One that was used before was
 * stolen, or its successor was: nobody can tell who asks, so the family ends.
 */
export async function rotate(db: Db, token: string): Promise<{ userId: string; token: string } | undefined> {
  // Of two requests with one token the second waits here for the first, and then finds it used.
  const rotated = await db.transaction().execute(async trx => {
    const family = await trx
      .updateTable('refreshTokens')
      .set({ usedAt: sql`now()` })
      .where('hash', '=', hashOf(token))
      .where('usedAt', 'is', null)
      .where('expiresAt', '>', sql<Date>`now()`)
      .returning(['familyId', 'userId'])
      .executeTakeFirst()
    return family && { userId: family.userId, token: await issue(trx, family) }
  })
  if (!rotated) await endFamily(db, token)
  return rotated
}

/** Revokes a token and all others of its family. */
export async function endFamily(db: Db, token: string): Promise<void> {
  await db
    .deleteFrom('refreshTokens')
    .where('familyId', 'in', query =>
      query.selectFrom('refreshTokens').select('familyId').where('hash', '=', hashOf(token)),
    )
    .execute()
}

async function issue(db: Db, family: Family): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const expiresAt = new Date(Date.now() + LIFETIME_S * 1000)
  await db
    .insertInto('refreshTokens')
    .values({ hash: hashOf(token), ...family, expiresAt, usedAt: null })
    .execute()
  return token
}
