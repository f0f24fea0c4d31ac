import type { CliContext } from '../context.js'
import type { DoneProgress } from '../engine/batch/batch.js'
import type { GradeRecord } from '../engine/batch/grade-record.js'
import type { Submission } from '../engine/batch/submission-list.js'
import { recordLine } from './batch-report.js'
import { openStatusLine } from './status-line.js'
import { printable } from './terminal-text.js'

/** Says how far a batch is: a line for each submission that is done, and below them who is under way. */
export function openBatchProgress(context: CliContext, { quiet }: { readonly quiet: boolean }) {
  const { colors, note, out } = context
  const status = openStatusLine(context)
  const underWay = new Map<string, string>()
  const began = performance.now()
  let fresh = 0
  let head = ''
  const show = () =>
    status.set(head, ...[...underWay].map(([id, text]) => `  ${printable(id)}  ${printable(text)}`))
  return {
    onBegin(text: string, total: number) {
      if (!quiet) out(`${text}\n`)
      head = `0/${total}`
    },
    onStart({ id }: Submission) {
      underWay.set(id, '')
      show()
    },
    onStep({ id }: Submission, text: string) {
      underWay.set(id, text)
      show()
    },
    onDone(record: GradeRecord, { isKept, done, total }: DoneProgress) {
      underWay.delete(record.submission)
      fresh += isKept ? 0 : 1
      status.clear()
      if (!quiet && !isKept) out(`${recordLine(record, colors)}\n`)
      head = `${done}/${total}${fresh > 0 && done < total ? `  ${left(fresh, total - done, began)}` : ''}`
      show()
    },
    onNotice(line: string) {
      status.clear()
      note(`${colors.dim(printable(line))}\n`)
    },
    close: () => status.clear(),
  }
}

function left(done: number, remaining: number, began: number): string {
  const seconds = ((performance.now() - began) / done / 1000) * remaining
  return seconds < 90 ? `about ${Math.ceil(seconds)} s left` : `about ${Math.ceil(seconds / 60)} min left`
}
