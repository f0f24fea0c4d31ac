import { describe, expect, test } from 'vitest'
import type { ListedCheck } from '../../../../cli/engine/checks-runner.js'
import { findGaps, type Ledger } from '../../../../cli/engine/verify/ledger.js'
import type { Mutant, Row } from '../../../../graders/kit/rubric.js'

const rows: readonly Row[] = [
  { id: 'lists', title: 'Lists', points: 60, kind: 'behaviour' },
  { id: 'notes', title: 'Notes', points: 40, kind: 'docs' },
]
const listCheck: ListedCheck = {
  title: 'a list is a list',
  file: 'lists.check.js',
  meta: { row: 'lists', brief: 'A list has  items.', hints: ['Look.', 'Look closer.'] },
}
const noteCheck: ListedCheck = {
  title: 'a note is a note',
  file: 'notes.check.js',
  meta: { row: 'notes', brief: 'There are notes.', hints: ['Write.'] },
}
const mutant = (id: string, breaks: string): Mutant => ({
  id,
  breaks,
  file: 'app.ts',
  find: 'answer(1)',
  replace: 'answer(2)',
  because: 'It was mistyped.',
})
const mutants = [mutant('one', 'lists'), mutant('two', 'lists'), mutant('three', 'notes')]
const whole: Ledger = {
  slug: '09-lists',
  brief:
    '# Lists\n\n## lists · Lists · 60 points\n\n- A list has\n  items.\n\n## notes · Notes · 40 points\n\n- There are notes.\n',
  rows,
  checkFiles: ['lists.check.js', 'notes.check.js'],
  checks: [listCheck, noteCheck],
  mutants,
  sources: new Map([['app.ts', 'start()\nanswer(1)\nstop()\nstop()\n']]),
  files: [],
}

const gaps = (changes: Partial<Ledger>) => findGaps({ ...whole, ...changes }).map(({ what }) => what)
const withMeta = (meta: Partial<ListedCheck['meta']>) => ({
  checks: [{ ...listCheck, meta: { ...listCheck.meta, ...meta } }, noteCheck],
})
const withMutant = (changes: Partial<Mutant>) => ({
  mutants: [...mutants, { ...mutant('four', 'lists'), ...changes }],
})

test('a whole ledger has no gap', () => {
  expect(gaps({})).toEqual([])
})

const cases: readonly [string, Partial<Ledger>, RegExp][] = [
  ['a row without section', { brief: whole.brief.replace('## notes', '### notes') }, /no section.*`notes`/],
  [
    'another title',
    { brief: whole.brief.replace('· Lists ·', '· All lists ·') },
    /heading of `lists` differs/,
  ],
  ['other points', { brief: whole.brief.replace('40 points', '30 points') }, /heading of `notes` differs/],
  ['a section without row', { brief: `${whole.brief}## extra · Extra · 5 points\n` }, /`extra`.*no row/],
  ['another order', { rows: [...rows].reverse() }, /another order/],
  ['a row without file', { checkFiles: ['lists.check.js'] }, /`notes` has no checks/],
  ['a file without check', { checks: [listCheck] }, /notes\.check\.ts has no check/],
  ['a check in the wrong file', withMeta({ row: 'notes' }), /belongs to the row `notes`/],
  ['a check of no row', withMeta({ row: 'lost' }), /`lost` is no row/],
  [
    'a sentence that is not there',
    withMeta({ brief: 'A list has no items.' }),
    /sentence is not in the brief/,
  ],
  ['an empty sentence', withMeta({ brief: ' ' }), /sentence is not in the brief/],
  ['one hint for behaviour', withMeta({ hints: ['Look.'] }), /1 of at least 2 hints/],
  ['an empty hint', withMeta({ hints: ['Look.', ' '] }), /hint is empty/],
  ['a hint twice', withMeta({ hints: ['Look.', 'Look.'] }), /two hints are the same/],
  [
    'a title twice',
    { checks: [listCheck, { ...noteCheck, title: listCheck.title }] },
    /two checks are called/,
  ],
  ['too few planted bugs', { mutants: mutants.slice(1) }, /`lists` has 1 of at least 2/],
  ['no planted bug', { mutants: mutants.slice(0, 2) }, /`notes` has 0 of at least 1/],
  ['an id twice', withMutant({ id: 'one' }), /two mutants have the id `one`/],
  ['an id that is none', withMutant({ id: 'Fourth bug' }), /not in kebab case/],
  ['a mutant of no row', withMutant({ breaks: 'lost' }), /`lost` is no row/],
  ['a mutant of no file', withMutant({ file: 'gone.ts' }), /no projects\/09-lists\/gone\.ts/],
  ['a text that is not there', withMutant({ find: 'answer(3)' }), /occurs 0 times/],
  ['a text that is there twice', withMutant({ find: 'stop()' }), /occurs 2 times/],
  ['a mutant that changes nothing', withMutant({ replace: 'answer(1)' }), /changes nothing/],
  ['a mutant without reason', withMutant({ because: '' }), /no `because`/],
  ['missing files', { files: [{ what: 'there is no brief', fix: 'Write it.' }] }, /there is no brief/],
]

describe('each kind of gap is found, alone', () => {
  test.each(cases)('%s', (_name, changes, expected) => {
    const found = gaps(changes)
    expect(found.filter(what => expected.test(what))).toHaveLength(1)
    expect(found.length, found.join('\n')).toBeLessThanOrEqual(2)
  })
})

describe('a row of kind performance has a benchmark instead of checks and planted bugs', () => {
  const speed: Row = { id: 'speed', title: 'Speed', points: 5, kind: 'performance' }
  const variant = { id: 'slow', file: 'app.ts', find: 'answer(1)', replace: 'wait(1)', because: 'It waits.' }
  const bench = { brief: 'Half of it gives all.', hints: ['Measure.'] as const, slow: [variant] }
  const measured: Partial<Ledger> = {
    rows: [...rows, speed],
    brief: `${whole.brief}\n## speed · Speed · 5 points\n\n- Half of\n  it gives all.\n`,
    bench,
  }
  test('which is whole', () => expect(gaps(measured)).toEqual([]))
  test.each<[string, Partial<Ledger>, RegExp]>([
    ['none', { bench: undefined }, /`speed` has no benchmark/],
    ['one without a row', { rows, brief: whole.brief + bench.brief }, /no row is of kind performance/],
    ['one without sentence', { bench: { ...bench, brief: 'All.' } }, /sentence is not in the brief: All\./],
    ['one without slow variant', { bench: { ...bench, slow: [] } }, /has no slow variant/],
    [
      'one whose variant changes nothing',
      { bench: { ...bench, slow: [{ ...variant, find: 'gone()' }] } },
      /occurs 0 times/,
    ],
  ])('%s', (_name, changes, expected) => {
    expect(gaps({ ...measured, ...changes })).toEqual([expect.stringMatching(expected)])
  })
})

test('every gap says how it is closed', () => {
  const all = cases.flatMap(([, changes]) => findGaps({ ...whole, ...changes }))
  expect(all.filter(({ fix }) => fix.trim() === '')).toEqual([])
})
