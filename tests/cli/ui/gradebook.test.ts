import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { markClass } from '../../../cli/engine/batch/mark.js'
import { csv } from '../../../cli/ui/csv.js'
import { gradebookCsv, rowsCsv } from '../../../cli/ui/gradebook.js'
import { failedRow, plainSettings, recordOf, resultsOf, rowOf, unjudged } from '../engine/batch/records.js'

const records = [
  recordOf('ada'),
  unjudged('grace', 'ungradable', { student: { id: '102', name: 'Hopper, Grace' } }),
  unjudged('alan', 'missing', { student: { id: '103', name: 'Turing, Alan' } }),
  unjudged('edsger', 'error', { student: { id: '104', name: 'Dijkstra, Edsger' } }),
]

test('the gradebook has the columns and lines that Canvas reads', () => {
  const text = gradebookCsv(markClass(records, plainSettings), {
    ...plainSettings,
    assignment: 'Task API (4711)',
  })
  expect(parse(text)).toEqual([
    ['Student', 'ID', 'SIS User ID', 'SIS Login ID', 'Section', 'Task API (4711)'],
    ['Points Possible', '', '', '', '', '20'],
    ['Ada Lovelace', '101', 'S-1', 'ada', 'A', '12'],
    ['Dijkstra, Edsger', '104', '', '', '', ''],
    ['Hopper, Grace', '102', '', '', '', '0'],
    ['Turing, Alan', '103', '', '', '', '0'],
  ])
  expect(text.split('\n')[2]).toBe('"Ada Lovelace","101","S-1","ada","A",12')
})

test('an assignment is named after its project by default', () => {
  expect(gradebookCsv(markClass(records, plainSettings), plainSettings).split('\n')[0]).toMatch(
    /,"Task Management API"$/,
  )
})

test('where nothing was handed in the mark may be left open', () => {
  const settings = { ...plainSettings, missing: 'empty' as const }
  expect(gradebookCsv(markClass(records, settings), settings)).toMatch(/^"Turing, Alan","103",,,,$/m)
})

test('no student is taken for another, or for the line of points', () => {
  const named = (id: string, name: string) => unjudged(`s${id}`, 'missing', { student: { id, name } })
  const marked = markClass([named('12-ada', 'Points  possible')], plainSettings)
  expect(parse(gradebookCsv(marked, plainSettings))[2]).toEqual(['Points-possible', '', '', '', '', '0'])
})

// As read back: what a spreadsheet would evaluate.
const formula = /(?:^|[;\t\r\n|])[\s"]*[=+\-@＝＋－＠]/

test.each([
  ['=1+1', "'=1+1"],
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ['+1', "'+1"],
  ['-1+1', "'-1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['＝1＋1', "'＝1＋1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠SUM(A1)', "'＠SUM(A1)"],
  ['\t=1', "'=1"],
  ['\r=1', '�=1'],
  ['  \n =1', "'=1"],
  ['\ufeff=1', "'=1"],
  ['x;=1', "x;'=1"],
  ['x";" =1', `x";'" =1`],
  ['x","=1', 'x","=1'],
  ['Anne-Marie + Bob = 2', 'Anne-Marie + Bob = 2'],
  ['-Ann', "'-Ann"],
  ["O'Neil", "O'Neil"],
  ['\u001b[31mred', 'red'],
])('%j is no formula', (text, safe) => {
  const [[cell]] = parse(csv([[text, 1]])) as [[string]]
  expect(cell).toBe(safe)
  expect(cell).not.toMatch(formula)
})

test('numbers stay numbers, negative ones too', () => {
  expect(csv([[-1.5, 0, undefined, '', 'x']])).toBe('-1.5,0,,,"x"\n')
})

test('a cell cannot end its line', () => {
  expect(csv([['a"b\nc\r\nd', 'e']])).toBe('"a""b c� d","e"\n')
})

test('rows.csv has a column for each row; what was not judged is empty', () => {
  const unrun = rowOf({ id: 'speed', verdict: 'notRun', earned: 0 })
  const text = rowsCsv(
    markClass(
      [recordOf('ada', { results: resultsOf([rowOf(), failedRow(), unrun]) }), ...records.slice(1)],
      plainSettings,
    ),
  )
  const lines: Record<string, string>[] = parse(text, { columns: true })
  expect(lines.map(({ outcome, mark, users, tasks, speed }) => [outcome, mark, users, tasks, speed])).toEqual(
    [
      ['graded', '12', '12', '0', ''],
      ['error', '', '', '', ''],
      ['ungradable', '0', '', '', ''],
      ['missing', '0', '', '', ''],
    ],
  )
  expect(lines[0]).toMatchObject({ 'submitted at': '2026-11-19T22:00:00.000Z', isolation: 'sandbox' })
})
