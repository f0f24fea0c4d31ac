import { randomUUID } from 'node:crypto'

/**
 * A UUID of version 7: ids made later sort later, down to a quarter of a microsecond (RFC 9562, 5.7 and 6.2,
 * method 3). As a tie-breaker of equal timestamps it keeps the order of creation.
 */
export function uuidv7(): string {
  const now = performance.timeOrigin + performance.now()
  const ms = Math.floor(now)
  const time = ms.toString(16).padStart(12, '0')
  const fraction = Math.floor((now - ms) * 4096)
    .toString(16)
    .padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${fraction}-${randomUUID().slice(19)}`
}
