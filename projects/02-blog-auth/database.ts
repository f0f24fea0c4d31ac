import { CamelCasePlugin, type Generated, Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import type { Role } from './permissions.js'

export interface Database {
  users: {
    id: string
    name: string
    email: string
    role: Generated<Role>
    passwordHash: string
    createdAt: Generated<Date>
  }
  refreshTokens: {
    hash: Buffer
    familyId: string
    userId: string
    expiresAt: Date
    usedAt: Date | null
  }
  posts: {
    id: string
    authorId: string
    title: string
    body: string
    createdAt: Generated<Date>
    updatedAt: Generated<Date>
    publishedAt: Date | null
  }
  comments: {
    id: string
    postId: string
    authorId: string
    body: string
    createdAt: Generated<Date>
  }
}

export type Db = Kysely<Database>

export function openDatabase(pool: Pool): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
}
