import { z } from 'zod'

const instant = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
const withoutOffset = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/

/**
 * Why a text names no single instant, or undefined if it does: RFC 3339 with an offset, seconds may be left out. A time
 * without an offset names another instant on each machine, and none or two when clocks are changed.
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
function ambiguity(text: string): string | undefined {
  const example = '2026-12-01T23:59:00+01:00'
  if (withoutOffset.test(text))
    return `"${text}" means another time in each time zone: give the time with its offset from UTC, as in ${example}`
  const match = instant.exec(text)
  if (!match) return `"${text}" is no date and time with an offset from UTC, as in ${example}`
  const [year = 0, month = 0, day = 0, hour = 0] = match.slice(1, 5).map(Number)
  // `Date.parse` takes the 30th of February for a day in March, and 24:00 for the day after.
  const exists = new Date(Date.UTC(year, month - 1, day, hour)).getUTCDate() === day
  return exists && !Number.isNaN(Date.parse(text)) ? undefined : `"${text}": there is no such day or time`
}

/** A deadline in settings: a text that names one instant. */
export const deadline = z
  .string('must be a date and time with an offset from UTC, as in 2026-12-01T23:59:00+01:00')
  .superRefine((text, context) => {
    const message = ambiguity(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
  .describe('RFC 3339 with an offset; seconds may be left out')
