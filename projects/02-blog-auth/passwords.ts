import bcrypt from 'bcryptjs'
import { z } from 'zod'

const COST = 10

// bcrypt would cut off what follows the 72nd byte.
export const newPassword = z
  .string()
  .refine(password => [...password].length >= 8, 'must have at least 8 characters')
  .refine(password => !bcrypt.truncates(password), 'must have at most 72 bytes in UTF-8')

export function hashPassword(password: string): Promise<string> {
  return bcrypt.hash(password, COST)
}

const decoy = await hashPassword('nobody has this password')

/** Takes as long without a hash, so that time does not tell which addresses are registered. */
export async function passwordFits(password: string, hash: string | undefined): Promise<boolean> {
  const fits = await bcrypt.compare(password, hash ?? decoy)
  return fits && hash !== undefined && !bcrypt.truncates(password)
}
