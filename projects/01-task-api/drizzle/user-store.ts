import { and, asc, desc, eq } from 'drizzle-orm'
import { uuidv7 } from '../../shared/uuid.js'
import type { User, UserStore } from '../user-store.js'
import { type Database, isAfter, isChange, nextUpdatedAt, users } from './database.js'

export function drizzleUserStore(db: Database): UserStore {
  async function find(id: string): Promise<User | undefined> {
    const [user] = await db.select().from(users).where(eq(users.id, id))
    return user
  }

  return {
    find,

    async create(draft) {
      const [user] = (await db
        .insert(users)
        .values({ id: uuidv7(), ...draft })
        .returning()) as [User]
      return user
    },

    async list(page) {
      const order = page.direction === 'asc' ? asc : desc
      return await db
        .select()
        .from(users)
        .where(isAfter(users[page.sortBy], users.id, page))
        .orderBy(order(users[page.sortBy]), order(users.id))
        .limit(page.limit)
    },

    async update(id, changes) {
      await db
        .update(users)
        .set({ ...changes, updatedAt: nextUpdatedAt })
        .where(and(eq(users.id, id), isChange(users, changes)))
      return await find(id)
    },

    async delete(id) {
      const { rowCount } = await db.delete(users).where(eq(users.id, id))
      return rowCount === 1
    },
  }
}
