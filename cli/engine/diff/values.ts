/** What a value is for the comparison: whether it may be another one in each app. */
export type Kind = 'id' | 'time' | 'token' | 'cursor' | 'plain'

/** Looks at the name of the field, or of the list that the value is in, and at the value. */
export function kindOf(key: string, value: unknown): Kind {
  const field = key.replace(/s$/, '')
  if (typeof value === 'number') return isIdField(field) && Number.isFinite(value) ? 'id' : 'plain'
  if (typeof value !== 'string' || value === '') return 'plain'
  if (isIdField(field)) return 'id'
  if (isTime(value)) return 'time'
  if (isJwt(value) || /token$/i.test(field)) return 'token'
  return /cursor$/i.test(field) ? 'cursor' : 'plain'
}

const isIdField = (field: string): boolean => /^_?id$|Id$/.test(field)

/** An RFC 3339 time in UTC that the calendar has; any other stays as it is, to be seen. */
export function isTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text)) return false
  const time = new Date(text)
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 19))
}

const isJwt = (text: string): boolean => /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(text)

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The JSON type of a value, with its article. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
