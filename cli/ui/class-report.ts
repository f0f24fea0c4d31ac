import { createHash } from 'node:crypto'
import type { ClassStatistics, RowStatistics, Spread } from '../engine/batch/class-statistics.js'
import { isJudged, type MarkedClass, type MarkedRecord, outcomeOf } from '../engine/batch/mark.js'
import { script, style } from './class-page-parts.js'
import { boxPlot, histogramPlot, short } from './class-plots.js'
import { duration } from './feedback.js'
import { escapeHtml } from './html-text.js'
import { clipped } from './terminal-text.js'

interface ClassReport {
  readonly title: string
  readonly marked: MarkedClass
  readonly statistics: ClassStatistics
  readonly madeAt: Date
  /** What the instructor should look at, as sentences. */
  readonly notices: readonly string[]
}

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
// Nothing else than these two runs or loads, whatever the texts of submissions may hold.
const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`

/** The report on a class for its instructor: one file that loads nothing. */
export function classReport({ title, marked, statistics, madeAt, notices }: ClassReport): string {
  const { entries, outOf } = marked
  const { marks, histogram, rows } = statistics
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="dim">${entries.length} submissions; made <time>${madeAt.toISOString()}</time></p>
${notices.length > 0 ? `<ul>${notices.map(notice => `<li>${escapeHtml(notice)}</li>`).join('')}</ul>` : ''}
${summary(statistics)}
${ungraded(entries)}
<section aria-labelledby="marks"><h2 id="marks">Marks</h2>
${marks && outOf ? `${histogramPlot(histogram)}${boxPlot(marks, outOf)}${spreadList(marks, '')}<p class="dim">Out of ${short(outOf)}, lateness included; of what was handed in and has a mark.</p>` : '<p>There are none yet.</p>'}
</section>
<section aria-labelledby="rows"><h2 id="rows">Hardest rows</h2>
${rows.length > 0 ? rowsTable(rows) : '<p>Nothing was graded.</p>'}
</section>
<section aria-labelledby="submissions"><h2 id="submissions">Submissions</h2>
${submissionsTable(entries)}
</section>
</main>
<script>${script}</script>
</body>
</html>
`
}

function summary({ outcomes, late, undated, isolation, seconds }: ClassStatistics): string {
  const tiers = Object.entries(isolation).map(([tier, count]) => `${count} ${tier}`)
  const figures: [string, string][] = [
    ['graded', String(outcomes.graded)],
    ['could not be graded', String(outcomes.ungradable)],
    ['nothing handed in', String(outcomes.missing)],
    ['errors of ours, no mark', String(outcomes.error)],
    ['late', String(late)],
    ['handed in at an unknown time', String(undated)],
    ['isolation', tiers.join(', ') || 'none'],
    ['time for each', seconds ? `${short(seconds.median)} s (at most ${short(seconds.most)} s)` : 'none'],
  ]
  return definitions(figures)
}

/** Who has no grade, and why: ours first, since only the instructor can mend that. */
function ungraded(entries: readonly MarkedRecord[]): string {
  const lists = (['error', 'ungradable', 'missing'] as const).flatMap(outcome => {
    const found = entries.filter(({ record }) => outcomeOf(record) === outcome)
    if (found.length === 0) return []
    const lines = found.map(({ record: { student, problem, results } }) => {
      const code = (problem ?? results?.problem)?.code
      return `<li><bdi>${escapeHtml(student.name)}</bdi>${code === undefined ? '' : `: ${escapeHtml(code)}`}</li>`
    })
    return [
      `<details${outcome === 'error' ? ' open' : ''}><summary class="${outcome}">${outcomeNames[outcome]}: ${found.length}</summary><ul>${lines.join('')}</ul></details>`,
    ]
  })
  if (lists.length === 0) return ''
  return `<section aria-labelledby="ungraded"><h2 id="ungraded">Without a grade</h2>
${lists.join('\n')}
</section>`
}

const spreadList = (spread: Spread, unit: string) =>
  definitions([
    ['mean', short(spread.mean) + unit],
    ['least', short(spread.least) + unit],
    ['lower quartile', short(spread.lowerQuartile) + unit],
    ['median', short(spread.median) + unit],
    ['upper quartile', short(spread.upperQuartile) + unit],
    ['most', short(spread.most) + unit],
  ])

const definitions = (pairs: readonly (readonly [string, string])[]) =>
  `<dl>${pairs.map(([term, value]) => `<div><dt>${escapeHtml(term)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`

function rowsTable(rows: readonly RowStatistics[]): string {
  const lines = rows.map(({ id, title, points, judged, passed, checks }) => {
    const failed = checks.map(
      check =>
        `<li>${check.failed} × ${escapeHtml(check.title)}${check.message ? `<br><code>${escapeHtml(clipped(check.message, 300))}</code>${check.told > 1 ? ` (${check.told} times)` : ''}` : ''}</li>`,
    )
    const list =
      failed.length > 0
        ? `<details><summary>${failed.length} checks failed</summary><ul>${failed.join('')}</ul></details>`
        : ''
    const share = Math.round((passed / judged) * 100)
    return `<tr><th scope="row">${escapeHtml(id)}</th><td>${escapeHtml(title)}${list}</td><td class="number">${points}</td><td class="number"><meter min="0" max="100" value="${share}" aria-hidden="true"></meter> ${share} % (${passed} of ${judged})</td></tr>`
  })
  return `<div class="scroll"><table><caption>Those that fewest submissions passed first</caption><thead><tr><th scope="col">row</th><th scope="col">what</th><th scope="col" class="number">points</th><th scope="col" class="number">passed</th></tr></thead><tbody>
${lines.join('\n')}
</tbody></table></div>`
}

const outcomeNames = {
  graded: 'graded',
  ungradable: 'could not be graded',
  missing: 'missing',
  error: 'error of ours',
}

const columns = [
  ['student', ''],
  ['submission', ''],
  ['outcome', ''],
  ['mark', 'number'],
  ['late', 'number'],
  ['rows passed', 'number'],
  ['seconds', 'number'],
  ['isolation', ''],
  ['note', ''],
] as const

function submissionsTable(entries: readonly MarkedRecord[]): string {
  const headings = columns.map(
    ([name, kind]) =>
      `<th scope="col"${kind === '' ? '' : ` class="${kind}"`}><button type="button">${name}</button></th>`,
  )
  return `<div class="scroll"><table class="sortable"><caption>Press a heading to sort</caption><thead><tr>${headings.join('')}</tr></thead><tbody>
${entries.map(submissionLine).join('\n')}
</tbody></table></div>`
}

function submissionLine({ record, mark }: MarkedRecord): string {
  const { submission, student, results, leftOut } = record
  const { state, lateMs, penaltyPercent, extended } = mark.lateness
  const outcome = outcomeOf(record)
  const isLate = state === 'late' || state === 'cutOff'
  const problem = record.problem ?? results?.problem
  const notes = [
    problem && `${problem.code}: ${clipped(problem.message, 400)}`,
    state === 'unknown' && 'handed in at an unknown time',
    extended && 'has a due date of their own',
    leftOut.length > 0 && `${leftOut.length} files left out`,
    record.attempts > 1 && `tried ${record.attempts} times`,
  ].filter(note => typeof note === 'string')
  const rows = results?.rows.filter(isJudged)
  const passed = rows?.filter(({ verdict }) => verdict === 'pass').length
  const late = isLate ? `${duration(lateMs)} (−${short(penaltyPercent)} %)` : ''
  const seconds = results ? short(results.durationMs / 1000) : ''
  const cells = [
    // Names may be written from right to left: their direction ends with them.
    `<th scope="row"><bdi>${escapeHtml(student.name)}</bdi></th>`,
    `<td><bdi>${escapeHtml(submission)}</bdi></td>`,
    `<td class="${outcome}">${outcomeNames[outcome]}</td>`,
    numberCell(mark.points ?? '', mark.points === undefined ? '' : String(mark.points)),
    numberCell(isLate ? lateMs : '', late),
    numberCell(passed ?? '', passed === undefined ? '' : `${passed} of ${rows?.length}`),
    numberCell(seconds, seconds),
    `<td>${escapeHtml(results?.isolation ?? '')}</td>`,
    `<td>${notes.map(escapeHtml).join('<br>')}</td>`,
  ]
  return `<tr>${cells.join('')}</tr>`
}

const numberCell = (value: number | string, text: string) =>
  `<td class="number" data-value="${value}">${escapeHtml(text)}</td>`
