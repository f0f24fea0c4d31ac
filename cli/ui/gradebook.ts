import type { GradingSettings } from '../engine/batch/grading-settings.js'
import { isJudged, type MarkedClass, type MarkedRecord, outcomeOf } from '../engine/batch/mark.js'
import { getProject } from '../engine/find-project.js'
import { type Cell, csv } from './csv.js'

/**
 * A gradebook that Canvas imports: a line for each student, a column for the assignment, its worth in the second line.
 * A cell is empty where there is no mark: Canvas then leaves what it has.
 * @see https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807
 * @see https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb
 */
export function gradebookCsv(marked: MarkedClass, settings: GradingSettings): string {
  return csv([
    ['Student', 'ID', 'SIS User ID', 'SIS Login ID', 'Section', assignmentName(marked, settings)],
    ['    Points Possible', '', '', '', '', marked.outOf],
    ...marked.entries.map(({ record: { student }, mark }) => [
      // Canvas takes any line whose first cell has these words for the second line.
      student.name.replaceAll(/points\s+possible/gi, match => match.replace(/\s+/, '-')),
      // Canvas reads the digits that a text begins with, and would find somebody else.
      /^\d+$/.test(student.id) ? student.id : '',
      student.sisUserId ?? '',
      student.sisLoginId ?? '',
      student.section ?? '',
      mark.points,
    ]),
  ])
}

/** What the batch is called: by the settings, else after its project. */
export function assignmentName({ project }: MarkedClass, { assignment }: GradingSettings): string {
  if (assignment !== undefined) return assignment
  return project === undefined ? 'bep' : getProject(project).title
}

/** A line for each submission with all that was judged: for analysis, not for import. */
export function rowsCsv({ entries }: MarkedClass): string {
  const ids = [...new Set(entries.flatMap(({ record }) => record.results?.rows.map(({ id }) => id) ?? []))]
  return csv([
    [
      ...['submission', 'student', 'id', 'outcome', 'problem', 'submitted at', 'lateness', 'late hours'],
      ...['penalty percent', 'before lateness', 'mark', 'isolation', 'seconds', 'attempts'],
      ...ids,
    ],
    ...entries.map(entry => [...summaryCells(entry), ...ids.map(id => rowCell(entry, id))]),
  ])
}

function summaryCells({ record, mark }: MarkedRecord): Cell[] {
  const { submission, student, problem, submittedAt, results, attempts } = record
  const { state, lateMs, penaltyPercent } = mark.lateness
  return [
    ...[submission, student.name, student.id, outcomeOf(record)],
    ...[problem?.code ?? results?.problem?.code, submittedAt, state, Number((lateMs / 3_600_000).toFixed(2))],
    ...[penaltyPercent, mark.beforeLateness, mark.points, results?.isolation],
    ...[results && Number((results.durationMs / 1000).toFixed(1)), attempts],
  ]
}

/** The points of a row; a row that was not judged is empty, not zero. */
function rowCell({ record }: MarkedRecord, id: string): Cell {
  const row = record.results?.rows.find(candidate => candidate.id === id)
  return row && isJudged(row) ? row.earned : undefined
}
