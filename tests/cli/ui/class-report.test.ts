import { JSDOM } from 'jsdom'
import { expect, test } from 'vitest'
import { classStatistics, spread } from '../../../cli/engine/batch/class-statistics.js'
import type { GradeRecord } from '../../../cli/engine/batch/grade-record.js'
import { markClass } from '../../../cli/engine/batch/mark.js'
import { classReport } from '../../../cli/ui/class-report.js'
import { failedRow, plainSettings, recordOf, resultsOf, rowOf, unjudged } from '../engine/batch/records.js'

function page(records: readonly GradeRecord[], settings = plainSettings): string {
  const marked = markClass(records, settings)
  const madeAt = new Date('2026-11-27T08:00:00Z')
  return classReport({ title: 'Task API', marked, statistics: classStatistics(marked), madeAt, notices: [] })
}

const named = (name: string, more: Partial<GradeRecord> = {}) =>
  recordOf(name, { student: { id: name, name }, ...more })
const earned = (points: number) =>
  resultsOf([
    rowOf({ earned: points, verdict: points === 12 ? 'pass' : 'fail' }),
    failedRow({
      failure: { message: `expected ${points} to be '${'abcdefghijklm'.slice(points)}'`, logs: [] },
    }),
  ])
const records = [
  named('ada', { results: earned(12) }),
  named('barbara', { results: earned(0) }),
  named('grace', { results: earned(4) }),
  unjudged('alan', 'missing', { student: { id: 'alan', name: 'alan' } }),
  unjudged('edsger', 'error', {
    student: { id: 'edsger', name: 'edsger' },
    problem: { code: 'SERVICE_GONE', message: 'postgres died' },
  }),
]

test('quartiles are those of a spreadsheet', () => {
  expect(spread([7, 15, 36, 39, 40, 41])).toEqual({
    ...{ count: 6, least: 7, lowerQuartile: 20.25, median: 37.5, upperQuartile: 39.75, most: 41 },
    mean: 178 / 6,
  })
  expect(spread([3])).toMatchObject({ lowerQuartile: 3, median: 3, upperQuartile: 3 })
  expect(spread([])).toBeUndefined()
})

test('figures of a class', () => {
  const statistics = classStatistics(markClass(records, plainSettings))
  expect(statistics.outcomes).toEqual({ graded: 3, ungradable: 0, missing: 1, error: 1 })
  expect(statistics.marks).toMatchObject({ count: 3, least: 0, median: 4, most: 12 })
  expect(statistics.histogram.map(({ count }) => count)).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 0, 0])
  expect(statistics.rows.map(({ id, judged, passed }) => [id, judged, passed])).toEqual([
    ['tasks', 3, 0],
    ['users', 3, 1],
  ])
  // The same failure with other values is the same.
  expect(statistics.rows[0]?.checks).toEqual([
    { title: 'a task belongs to its user', failed: 3, message: "expected 12 to be 'm'", told: 3 },
  ])
  expect(statistics.isolation).toEqual({ sandbox: 3 })
})

test('a full mark is in the last bin', () => {
  const full = named('ada', { results: resultsOf([rowOf()]) })
  const { histogram } = classStatistics(markClass([full], plainSettings))
  expect(histogram.at(-1)).toEqual({ from: 10.8, to: 12, count: 1 })
})

test('the page is whole, named, and loads nothing', () => {
  const html = page(records)
  const { document } = new JSDOM(html).window
  expect(document.documentElement.lang).toBe('en')
  expect(document.title).toBe('Task API')
  expect(document.querySelectorAll('h1')).toHaveLength(1)
  expect([...document.querySelectorAll('h2')].map(heading => heading.textContent)).toEqual([
    'Without a grade',
    'Marks',
    'Hardest rows',
    'Submissions',
  ])
  for (const plot of document.querySelectorAll('svg')) {
    expect(plot.getAttribute('role')).toBe('img')
    expect(plot.getAttribute('aria-label')).not.toBe('')
  }
  for (const heading of document.querySelectorAll('th'))
    expect(heading.getAttribute('scope')).toMatch(/^(col|row)$/)
  expect(document.querySelectorAll('[src], link, img, iframe, object, style[src], [style], a')).toHaveLength(
    0,
  )
  expect(html).not.toMatch(/https?:|url\(|@import/)
  expect(
    [...document.querySelectorAll('section[aria-labelledby=ungraded] details')].map(list => list.textContent),
  ).toEqual(['error of ours: 1edsger: SERVICE_GONE', 'missing: 1alan'])
  // Each opening tag is closed as it is written: what a parser makes of it is what stands there.
  expect(document.querySelectorAll('table.sortable tbody tr')).toHaveLength(5)
  expect(document.querySelector('dl')?.textContent).toContain('errors of ours, no mark1')
  expect(html).toMatch(/@media \(prefers-color-scheme: dark\)/)
  expect(html).toMatch(/@media print/)
})

test('the table is sorted by the heading that is pressed; what is empty comes last', () => {
  const { document } = new JSDOM(page(records), { runScripts: 'dangerously' }).window
  const headings = [...document.querySelectorAll('table.sortable thead th')]
  const press = (name: string) => {
    const heading = headings.find(candidate => candidate.textContent === name)
    heading?.querySelector('button')?.click()
    const names = [...document.querySelectorAll('table.sortable tbody th')].map(cell => cell.textContent)
    return [heading?.getAttribute('aria-sort'), names]
  }
  expect(press('mark')).toEqual(['ascending', ['alan', 'barbara', 'grace', 'ada', 'edsger']])
  expect(press('mark')).toEqual(['descending', ['ada', 'grace', 'alan', 'barbara', 'edsger']])
  expect(press('rows passed')).toEqual(['ascending', ['grace', 'barbara', 'ada', 'alan', 'edsger']])
  expect(press('student')).toEqual(['ascending', ['ada', 'alan', 'barbara', 'edsger', 'grace']])
  expect(headings.filter(heading => heading.hasAttribute('aria-sort'))).toHaveLength(1)
})

test('the policy of the page lets its own style and script run, and no other', async () => {
  const { document } = new JSDOM(page(records)).window
  const policy =
    document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content') ?? ''
  expect(policy).toMatch(/^default-src 'none'; /)
  for (const part of ['style', 'script']) {
    const text = document.querySelector(part)?.textContent ?? ''
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
    expect(policy).toContain(`${part}-src 'sha256-${digest.toString('base64')}'`)
    expect(document.querySelectorAll(part)).toHaveLength(1)
  }
})

test('what is late is sorted by how late', () => {
  const late = {
    ...{ due: new Date('2026-11-18T12:00Z'), graceMinutes: 0, percent: 10, per: 'day' as const },
    maximumPercent: 100,
  }
  const at = (day: number) => ({ submittedAt: `2026-11-${day}T13:00:00.000Z` })
  const handedIn = [
    named('days', at(28)),
    named('hour', at(18)),
    named('day', at(19)),
    named('never', at(17)),
  ]
  const html = page(handedIn, { ...plainSettings, late })
  const { document } = new JSDOM(html, { runScripts: 'dangerously' }).window
  const cells = () => [...document.querySelectorAll('table.sortable tbody td:nth-child(5)')]
  const [, , , , heading] = document.querySelectorAll('table.sortable thead button')
  ;(heading as HTMLButtonElement | undefined)?.click()
  expect(cells().map(cell => cell.textContent)).toEqual([
    '1 h 0 min (−10 %)',
    '1 d 1 h (−20 %)',
    '10 d 1 h (−100 %)',
    '',
  ])
})

test('a class of which nothing was graded has a page, too', () => {
  const { document } = new JSDOM(page([unjudged('alan', 'missing')])).window
  expect(document.querySelector('main')?.textContent).toContain('There are none yet.')
})
