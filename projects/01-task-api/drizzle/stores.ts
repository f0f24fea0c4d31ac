import { drizzle } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import type { Stores } from '../app.js'
import { drizzleTaskStore } from './task-store.js'
import { drizzleUserStore } from './user-store.js'

export function drizzleStores(pool: Pool): Stores {
  const db = drizzle(pool)
  return { users: drizzleUserStore(db), tasks: drizzleTaskStore(db) }
}
