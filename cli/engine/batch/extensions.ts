import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import { deadline } from './deadline.js'
import type { GradeRecord } from './grade-record.js'

/** A due date of one student's own. */
export interface Extension {
  /** Who: compared with the submission and all that the roster calls the student, or with one of these. */
  readonly who: string
  readonly by?: keyof typeof identities
  readonly due: Date
}

type Named = Pick<GradeRecord, 'submission' | 'student'>

const identities = {
  id: ({ student }: Named) => student.id,
  sisuserid: ({ student }: Named) => student.sisUserId,
  sisloginid: ({ student }: Named) => student.sisLoginId,
  email: ({ student }: Named) => student.email,
  submission: ({ submission }: Named) => submission,
}
const dueColumns = ['due', 'extension']

/** Finds the extension of whoever handed this in. */
export const findExtension = (extensions: readonly Extension[], record: Named): Extension | undefined =>
  extensions.find(extension => isFor(extension, record))

/** Those that fit nobody: a name is misspelt, or the student has left. */
export const unusedExtensions = (extensions: readonly Extension[], records: readonly Named[]) =>
  extensions.filter(extension => !records.some(record => isFor(extension, record)))

function isFor({ who, by }: Extension, record: Named): boolean {
  const names = by === undefined ? Object.values(identities) : [identities[by]]
  return names.some(name => name(record)?.toLowerCase() === who.toLowerCase())
}

/**
 * Reads extensions from a CSV file, which may be the roster itself: a column that says who (`ID`, `SIS User ID`, `SIS
 * Login ID`, `email` or `submission`, as in Canvas) and `due` (or `extension`). Rows without a due date are passed over.
 * @throws BepError EXTENSIONS_BROKEN with the line.
 */
export async function readExtensions(file: string): Promise<readonly Extension[]> {
  const broken = (what: string, cause?: unknown) =>
    new BepError('EXTENSIONS_BROKEN', `${file}: ${what}`, {
      fix: 'Give it a header such as `SIS Login ID,due`, then a line for each student, as in `ada,2026-12-01T23:59:00+01:00`.',
      cause,
    })
  const text = await readFile(file, 'utf8').catch(cause => Promise.reject(broken('cannot be read', cause)))
  let rows: { info: { lines: number }; record: Record<string, string> }[]
  try {
    const columns = (header: string[]) => header.map(name => name.toLowerCase().replaceAll(/[\s_-]/g, ''))
    rows = parse(text, { columns, bom: true, trim: true, skip_empty_lines: true, info: true })
  } catch (cause) {
    throw broken(messageOf(cause), cause)
  }
  return rows.flatMap(({ info, record }) => {
    const due = dueColumns.map(name => record[name]).find(value => value)
    if (due === undefined) return []
    const parsed = deadline.safeParse(due)
    if (!parsed.success) throw broken(`line ${info.lines}: ${parsed.error.issues[0]?.message}`)
    const by = (Object.keys(identities) as (keyof typeof identities)[]).find(name => record[name])
    if (by === undefined) throw broken(`line ${info.lines}: no column says whose due date this is`)
    return [{ who: record[by] ?? '', by, due: new Date(due) }]
  })
}
