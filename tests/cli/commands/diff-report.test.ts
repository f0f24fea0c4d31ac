import picocolors from 'picocolors'
import { describe, expect, test } from 'vitest'
import type { Line } from '../../../cli/engine/diff/comparison.js'
import type { WorkspaceDiff } from '../../../cli/engine/diff/diff-workspace.js'
import { diffReport } from '../../../cli/ui/diff-report.js'
import { catalog } from '../../../projects/catalog.js'

const exchange = { method: 'GET', path: '/', requestHeaders: {}, startedAtUs: 0, endedAtUs: 0 }

function report(
  body: readonly Line[],
  { columns, more = {} }: { readonly columns?: number; readonly more?: Partial<WorkspaceDiff> },
) {
  const diff: WorkspaceDiff = {
    same: false,
    steps: [],
    request: 'GET /',
    yours: { exchange },
    reference: { exchange },
    log: [],
    workspace: {
      dir: '/',
      project: catalog[0],
      start: 'x',
      coverage: { lines: 80, branches: 80, functions: 80 },
    },
    comparison: {
      status: { yours: 'HTTP 200', reference: 'HTTP 200', mark: 'same' },
      headers: [],
      body,
      differences: [],
    },
    ...more,
  }
  return diffReport(diff, { colors: picocolors.createColors(false), columns }).split('\n')
}

const line = (
  yours: string | undefined,
  reference: string | undefined,
  mark: Line['mark'] = 'differs',
): Line => ({
  yours,
  reference,
  mark,
})

test('unified, every difference has a sign', () => {
  const lines = report(
    [line('a', 'a', 'same'), line('b', 'c'), line('d', 'e', 'free'), line(undefined, 'f')],
    {
      columns: 80,
    },
  )
  expect(lines).toContain('- yours  + reference  ~ up to you')
  expect(lines.slice(lines.indexOf('   a'))).toEqual(['   a', ' - b', ' + c', '~- d', '~+ e', ' + f', '', ''])
})

describe('side by side', () => {
  test('the sign is in one column, also with wide characters and lines that are too long', () => {
    const lines = report(
      [
        line('same', 'same', 'same'),
        line('  "name": "生日蛋糕"', '  "name": "cake"'),
        line(`  "text": "${'word '.repeat(20)}"`, '  "text": ""'),
        line('mine', undefined),
        line(undefined, 'theirs'),
        line('x', 'y', 'free'),
      ],
      { columns: 100 },
    )
    const shown = lines.slice(lines.findIndex(text => text.startsWith('same')))
    expect(
      shown
        .map(text => text.replaceAll(/[\u2001-\uffff]/g, '__').charAt(49))
        .slice(0, 8)
        .join(''),
    ).toBe(' ||||<>~')
    expect(shown.find(text => text.startsWith('    word'))).toBeDefined()
    expect(Math.max(...shown.map(text => text.length))).toBeLessThanOrEqual(100)
  })

  test('where lines are short, both stand close together', () => {
    const lines = report([line('a', 'b')], { columns: 200 })
    expect(lines.find(text => text.startsWith('a '))).toBe(`${'a'.padEnd(40)} | b`)
  })
})

test('long runs without a difference are cut, and what differs is not', () => {
  const body = Array.from({ length: 100 }, (_, n) =>
    line(`${n}`, n === 50 ? 'other' : `${n}`, n === 50 ? 'differs' : 'same'),
  )
  const lines = report(body, {})
  expect(lines.filter(text => /equal lines/.test(text))).toEqual([
    '   … 44 equal lines',
    '   … 41 equal lines',
  ])
  expect(lines).toEqual(expect.arrayContaining([' - 50', ' + other', '   49', '   51']))
})

test('what an app sends cannot control the terminal', () => {
  const text = report([line('\u001b[2Jgone\u0007', 'x')], { more: { request: '\u001b[31mGET /' } }).join('\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
})

test('one sentence for a field that differs in many entries', () => {
  const differences = [0, 1, 2].map(n => ({
    at: `body.items[${n}].title`,
    kind: 'missing' as const,
    says: 'is missing',
    free: false,
  }))
  const status = line('HTTP 200', 'HTTP 200', 'same')
  const lines = report([], { more: { comparison: { status, headers: [], body: [], differences } } })
  expect(lines.at(-1)).toBe('✗ body.items[0].title is missing (and 2 more like it)')
})
