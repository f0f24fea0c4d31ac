import type { Mark } from '../engine/batch/mark.js'
import type { StudentCheck, StudentResult } from '../engine/batch/student-result.js'
import { getProject } from '../engine/find-project.js'
import { codeBlock, codeSpan } from './markdown.js'
import { clipped } from './terminal-text.js'

const marks = { pass: '✓', fail: '✗', error: '!', notRun: '·' }
const shownBody = 1_200
const shownValue = 1_500

/** What a student reads about a submission, in Markdown. Nothing that the student's server said becomes markup. */
export function feedback(result: StudentResult): string {
  const { disclosure, until, outcome, mark, rows, problem, leftOut = [], project } = result
  const title = project === undefined ? 'Feedback' : `Feedback: ${getProject(project).title}`
  const parts = [`# ${title}`, `Submission ${codeSpan(result.submission)}`]
  if (disclosure === 'hidden') {
    parts.push(`What came of it will be told ${until === undefined ? 'later' : `from ${until} on`}.`)
    return text(parts)
  }
  if (outcome === 'missing') parts.push('Nothing was handed in.')
  if (outcome === 'error')
    parts.push('It could not be graded because of an error that is not yours. There is no mark yet.')
  if (outcome === 'ungradable') parts.push('**It could not be graded.**')
  if (mark) parts.push(...markParts(mark))
  if (problem) {
    const { code, message, fix } = problem
    parts.push(message === undefined ? `Why: ${codeSpan(code)}` : codeBlock(message))
    if (fix !== undefined) parts.push(`What may help: ${codeSpan(fix)}`)
  }
  if (leftOut.length > 0)
    parts.push(
      `Not looked at:\n\n${leftOut.map(({ file, why }) => `- ${codeSpan(file)}: ${codeSpan(why)}`).join('\n')}`,
    )
  if (rows && rows.length > 0) {
    const lines = rows.map(row => {
      const points = row.verdict === 'notRun' ? 'not run' : row.earned
      return `| ${marks[row.verdict]} | ${row.id} | ${row.title} | ${points} | ${row.points} |`
    })
    parts.push(`|   | row | what | points | of |\n|---|---|---|---:|---:|\n${lines.join('\n')}`)
    for (const { id, title: what, checks = [] } of rows) {
      if (checks.length > 0) parts.push(`## ${id}: ${what}`, ...checkParts(checks))
    }
  }
  return text(parts)
}

const text = (parts: readonly string[]) => `${parts.join('\n\n')}\n`

function markParts({ points, outOf, beforeLateness, lateness }: Mark): string[] {
  const { state, lateMs, penaltyPercent, due, extended } = lateness
  const parts = []
  if (points !== undefined) parts.push(`**${points}${outOf === undefined ? '' : ` of ${outOf}`} points**`)
  const whose = extended ? 'your own due date' : 'the due date'
  if (state === 'late')
    parts.push(
      `Handed in ${duration(lateMs)} after ${whose}, ${due}${penaltyPercent > 0 ? `: ${penaltyPercent} % less than the ${beforeLateness} points that it earned` : ''}.`,
    )
  if (state === 'cutOff')
    parts.push(`Handed in ${duration(lateMs)} after ${whose}, ${due}: too late to count.`)
  if (state === 'unknown')
    parts.push('It is not known when this was handed in, so nothing was taken for lateness.')
  return parts
}

/** As `2 d 3 h` or `5 min`. */
export function duration(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000))
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60)]
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}

/** One list of those that need no words, then each that failed. */
function checkParts(checks: readonly StudentCheck[]): string[] {
  const told = checks.filter(({ failure, brief }) => failure !== undefined && brief !== undefined)
  const list = checks
    .filter(check => !told.includes(check))
    .map(({ title, verdict, reason }) => {
      const why = reason === undefined ? '' : `: ${codeSpan(reason)}`
      return `- ${marks[verdict]} ${title}${verdict === 'notRun' ? ` (not run${why})` : ''}`
    })
  return [...(list.length > 0 ? [list.join('\n')] : []), ...told.flatMap(failedParts)]
}

function failedParts({ title, brief = '', hint, failure }: StudentCheck): string[] {
  if (!failure) return []
  const { message, expected, got, exchange, logs } = failure
  const parts = [`### ${marks.fail} ${title}`, `> ${brief}`, codeBlock(message.split('\n')[0] ?? '')]
  if (expected !== undefined) parts.push('Expected', codeBlock(clipped(expected, shownValue)))
  if (got !== undefined) parts.push('Got', codeBlock(clipped(got, shownValue)))
  if (exchange) {
    const { curl, status, body = '', failure: broken = 'no answer' } = exchange
    const answer = status === undefined ? broken : `HTTP ${status}\n${clipped(body, shownBody)}`.trimEnd()
    parts.push('To see it again', codeBlock(curl, 'sh'), codeBlock(answer))
  }
  if (logs.length > 0) parts.push('What your server wrote meanwhile', codeBlock(logs.slice(-8).join('\n')))
  if (hint !== undefined) parts.push(`**Hint:** ${hint}`)
  return parts
}
