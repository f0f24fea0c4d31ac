import { z } from 'zod'
import { id } from '../shared/uuid-ids.js'
import { line, time } from './fields.js'
import type { Page } from './paging.js'

export const userSchema = z.strictObject({
  id,
  name: line(100),
  email: z.string().trim().max(254).regex(z.regexes.email, 'must be an e-mail address'),
  createdAt: time,
  updatedAt: time,
})
export type User = z.output<typeof userSchema>

export const userDraftSchema = userSchema.pick({ name: true, email: true })
export type UserDraft = z.output<typeof userDraftSchema>

export const userChangesSchema = userDraftSchema.partial()
export type UserChanges = z.output<typeof userChangesSchema>

/** Where users are kept. `create` and `update` reject with a violation of `users_email_key` if it is taken. */
export interface UserStore {
  create(draft: UserDraft): Promise<User>
  find(id: string): Promise<User | undefined>
  list(page: Page<'createdAt' | 'name'>): Promise<User[]>
  update(id: string, changes: UserChanges): Promise<User | undefined>
  /** Deletes the user's tasks too; false if there is no such user. */
  delete(id: string): Promise<boolean>
}
