import { z } from 'zod'

/** Text of at most `max` characters: code points, as Postgres and JSON Schema count them. */
export const text = (max: number) => z.string().regex(...characters(0, max))

/** Text of 1 to `max` characters after the spaces around it were cut off. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .regex(...characters(1, max))

/** A time in JSON and a Date in the code. */
export const time = z.codec(z.iso.datetime({ offset: true }), z.date(), {
  decode(value, ctx) {
    const date = new Date(value)
    const year = date.getUTCFullYear()
    if (year < 1 || year > 9999) {
      ctx.issues.push({ code: 'custom', input: value, message: 'must be in the years 1 to 9999 in UTC' })
    }
    return date
  },
  encode: date => date.toISOString(),
})

// Postgres stores neither U+0000 nor half of a surrogate pair.
function characters(min: number, max: number): [RegExp, string] {
  return [
    new RegExp(`^[^\\0\\p{Surrogate}]{${min},${max}}$`, 'u'),
    `must have ${min} to ${max} characters, none of them U+0000`,
  ]
}
