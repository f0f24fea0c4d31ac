import { CamelCasePlugin, type Generated, Kysely, Migrator, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import * as blog from './migrations/0001-blog.js'
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

const migrations = { '0001-blog': blog }

/** Brings the schema up to date. Of servers that start together one does it. */
export async function migrate(databaseUrl: string): Promise<void> {
  const db = new Kysely({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: databaseUrl, max: 1 }) }),
  })
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  } finally {
    await db.destroy()
  }
}
