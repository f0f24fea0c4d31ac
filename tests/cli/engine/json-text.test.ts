import { expect, test } from 'vitest'
import { jsonText } from '../../../cli/engine/json-text.js'

test.each([
  ['control characters', 'a\u001b[31m\u0000\u007f\u009b31m\u0085'],
  ['line separators and directions', 'a\u2028b\u2029c\u202ed\u2066e'],
  ['commands', '##[error]x ##vso[task.complete] ###[group] ::error::x\n::error::y'],
  ['all else', { a: [1, null, 'Ödön ✓ 😀 # ## [x]'], '##[': '\u009b' }],
])('%s mean the same, and do nothing where they are shown', (_, value) => {
  const text = jsonText(value)
  expect(JSON.parse(text)).toEqual(value)
  expect(text).not.toMatch(/[^\n\P{Cc}]|[\u2028-\u202e\u2066-\u2069]|##\[|##vso\[|^\s*::/mu)
})
