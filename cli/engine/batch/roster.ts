import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { CsvError, type Info, parse } from 'csv-parse/sync'
import { z } from 'zod'
import { BepError } from '../../../fixtures/bep-error.js'
import type { ListedSubmission } from './submission-list.js'
import { findSource, type SubmissionSource } from './submission-source.js'

/** The columns that are read, under the names that they may have: bep's own, and those of Canvas's gradebook. */
const columns = {
  id: ['id'],
  name: ['name', 'student'],
  sisUserId: ['sis user id', 'sis id'],
  sisLoginId: ['sis login id', 'login'],
  section: ['section'],
  email: ['email'],
  submission: ['submission'],
  submittedAt: ['submitted at'],
} as const
type Column = keyof typeof columns
const columnIds = Object.keys(columns) as Column[]
const neededColumns: readonly Column[] = ['id', 'name', 'submission']

interface Row {
  readonly line: number
  /** Absent where the cell is empty. */
  readonly cells: Readonly<Partial<Record<Column, string>>>
}

const time = z.iso.datetime({ offset: true })

/**
 * Reads a CSV roster: the students of a course, and where the work of each is. Paths are relative to the roster; an
 * empty one means that nothing was submitted. Students may share one submission.
 * @throws BepError ROSTER_BROKEN, ROSTER_COLUMN_MISSING, ROSTER_VALUE_BROKEN, STUDENT_TWICE, GIT_URL_REFUSED: each
 *   but those of columns with the line.
 */
export async function readRoster(file: string): Promise<ListedSubmission[]> {
  const rows = readRows(file, await readFile(file, 'utf8'))
  const known = { id: new Map<string, number>(), sisUserId: new Map<string, number>(), sisLoginId: new Map() }
  return rows.map(({ line, cells }) => {
    const broken = (column: Column, what: string, fix: string) =>
      new BepError('ROSTER_VALUE_BROKEN', `${file}:${line}: ${columns[column][0]} ${what}`, { fix })
    for (const column of ['id', 'name'] as const) {
      if (cells[column] === undefined)
        throw broken(column, 'is empty', 'Every student needs an id and a name.')
    }
    for (const [column, lines] of Object.entries(known) as [keyof typeof known, Map<string, number>][]) {
      const value = cells[column]
      if (value === undefined) continue
      const before = lines.get(value)
      if (before !== undefined) {
        throw new BepError(
          'STUDENT_TWICE',
          `${file}:${line}: ${columns[column][0]} ${value} (${cells.name}) is in line ${before}, too`,
          { fix: 'Leave one line for each student, with an id that no other one has.' },
        )
      }
      lines.set(value, line)
    }
    const { id = '', name = '', submission, submittedAt, sisUserId, sisLoginId, section, email } = cells
    if (submittedAt !== undefined && !time.safeParse(submittedAt).success) {
      const fix = 'Write it with its offset, as in RFC 3339: 2026-10-01T23:59:00+02:00.'
      throw broken('submittedAt', `"${submittedAt}" is no time`, fix)
    }
    const source = sourceOf(file, submission)
    if (source === undefined) {
      const fix =
        'Name a folder, an archive, a repository or its URL, relative to the roster; or nothing at all.'
      throw broken('submission', `"${submission}" is not there, or no submission`, fix)
    }
    return {
      label: sisLoginId ?? id,
      isRegistered: true,
      student: { id, name, sisUserId, sisLoginId, section, email },
      source,
      ...(submittedAt !== undefined && { submittedAt: new Date(submittedAt) }),
    }
  })
}

function sourceOf(file: string, submission: string | undefined): SubmissionSource | undefined {
  return submission === undefined ? { kind: 'missing' } : findSource(submission, path.dirname(file))
}

function readRows(file: string, text: string): Row[] {
  const parsed = parseCells(file, text)
  const [header, ...rest] = parsed
  const titles =
    header?.cells.map(title =>
      title
        .trim()
        .toLowerCase()
        .replace(/[_\s]+/g, ' '),
    ) ?? []
  const places = new Map<Column, number>()
  for (const column of columnIds) {
    const names: readonly string[] = columns[column]
    const found = titles.flatMap((title, at) => (names.includes(title) ? [at] : []))
    if (found.length > 1) {
      throw new BepError('ROSTER_BROKEN', `${file}:1: there are two columns for ${names[0]}`, {
        fix: 'Take one of them away.',
      })
    }
    if (found[0] !== undefined) places.set(column, found[0])
    else if (neededColumns.includes(column)) {
      throw new BepError(
        'ROSTER_COLUMN_MISSING',
        `${file} has no column ${names.map(name => `"${name}"`).join(' or ')}, only ${titles.map(title => `"${title}"`).join(', ')}`,
        { fix: 'Give it the columns id, name and submission: a first line with these words.' },
      )
    }
  }
  return rest.flatMap(({ line, cells }) => {
    const named = [...places].flatMap(([column, at]) => {
      const value = cells[at]?.trim()
      return value === undefined || value === '' ? [] : [[column, value] as const]
    })
    const row: Row['cells'] = Object.fromEntries(named)
    // Canvas has lines of its own below the header: "Points Possible", and one without a student.
    const isCanvasOwn = row.id === undefined && (row.name === undefined || row.name === 'Points Possible')
    return isCanvasOwn && row.submission === undefined ? [] : [{ line, cells: row }]
  })
}

function parseCells(
  file: string,
  text: string,
): { readonly line: number; readonly cells: readonly string[] }[] {
  const [header = ''] = text.split(/\r?\n|\r/, 1)
  // A spreadsheet writes what its user's language has.
  const delimiter = [',', ';', '\t'].find(candidate => header.includes(candidate)) ?? ','
  try {
    const records = parse(text, { bom: true, delimiter, info: true, skip_empty_lines: true }) as unknown as {
      readonly info: Info
      readonly record: string[]
    }[]
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }))
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    throw new BepError('ROSTER_BROKEN', `${file}: ${thrown.message}`, {
      fix: 'Write it as CSV with as many cells in each line as in the first.',
      cause: thrown,
    })
  }
}
