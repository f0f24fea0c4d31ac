import { z } from 'zod'

/** Text of 1 to `max` characters: code points, without what Postgres does not store. */
export const text = (max: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[^\\0\\p{Surrogate}]{1,${max}}$`, 'u'),
      `must have 1 to ${max} characters, none of them U+0000`,
    )
