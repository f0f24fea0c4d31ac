import { isOurError, type MarkedClass, outcomeOf } from '../engine/batch/mark.js'
import { annotation } from './github.js'
import { codeCell } from './markdown.js'

/** Annotations of a GitHub Actions run: an error for each of ours, a notice for each that could not be graded. */
export function batchAnnotations({ entries }: MarkedClass): string {
  return entries
    .map(({ record }) => {
      const { submission, outcome, results } = record
      const problem = record.problem ?? results?.problem
      if (isOurError(record))
        return annotation(
          'error',
          { title: `${submission}: not graded, by an error of ours` },
          problem?.message ?? 'a check failed by an error of ours',
        )
      if (problem)
        return annotation('notice', { title: `${submission}: could not be graded` }, problem.message)
      return outcome === 'missing' ? annotation('notice', { title: submission }, 'nothing was handed in') : ''
    })
    .join('')
}

const signs = { graded: '✅', ungradable: '❌', missing: '➖', error: '⚠️' }
// GitHub shows no summary of more than a megabyte.
const shownEntries = 1_000

/** Markdown for the summary of a GitHub Actions run: names of submissions, no names of students. */
export function batchMarkdown(marked: MarkedClass): string {
  const { entries, outOf } = marked
  const lines = entries.slice(0, shownEntries).map(({ record, mark }) => {
    const outcome = outcomeOf(record)
    const problem = record.problem ?? record.results?.problem
    const why = problem ? codeCell(problem.code) : ''
    const { state, penaltyPercent } = mark.lateness
    const late = state === 'late' || state === 'cutOff' ? `−${penaltyPercent} %` : ''
    return `| ${codeCell(record.submission)} | ${signs[outcome]} ${outcome} | ${mark.points ?? ''} | ${late} | ${why} |\n`
  })
  const more = entries.length > shownEntries ? `\n… and ${entries.length - shownEntries} more.\n` : ''
  return `### ${batchLine(marked)}\n\n| submission | outcome | mark${outOf === undefined ? '' : ` of ${outOf}`} | late | why |\n|---|---|---:|---:|---|\n${lines.join('')}${more}\n`
}

/** The outcome of a batch in one line. */
export function batchLine({ entries }: MarkedClass): string {
  const counts = new Map<string, number>()
  for (const { record } of entries) counts.set(outcomeOf(record), (counts.get(outcomeOf(record)) ?? 0) + 1)
  const parts = Object.entries(outcomeNames).flatMap(([outcome, name]) =>
    counts.has(outcome) ? [`${counts.get(outcome)} ${name}`] : [],
  )
  return `${entries.length} submissions${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`
}

const outcomeNames = {
  graded: 'graded',
  ungradable: 'could not be graded',
  missing: 'missing',
  error: 'errors of ours',
}
