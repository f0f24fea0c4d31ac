import type { Colors } from 'picocolors/types.js'
import type { Batch } from '../engine/batch/batch.js'
import type { GradeRecord } from '../engine/batch/grade-record.js'
import { clipped, printable } from './terminal-text.js'

const outcomes = ['graded', 'ungradable', 'missing', 'error'] as const

/** One line about one submission: whose trouble it is shows at once. */
export function recordLine(record: GradeRecord, colors: Colors): string {
  const { green, red, yellow, dim } = colors
  const id = oneLine(record.submission).padEnd(20)
  const { outcome, results, attempts } = record
  const problem = results?.problem ?? record.problem
  const told = problem ? `${problem.code}: ${oneLine(problem.message)}` : ''
  const again = attempts > 1 ? dim(` (tried ${attempts} times)`) : ''
  if (outcome === 'missing') return `${dim('·')} ${id} ${dim('nothing was submitted')}`
  if (outcome === 'error') return `${yellow('!')} ${id} ${yellow('error (ours)')} ${told}${again}`
  if (outcome === 'ungradable' || !results) return `${red('✗')} ${id} ${red('cannot be graded')} ${told}`
  const mark = `${results.earned}/${results.possible}`.padStart(7)
  const sign = results.problem ? red('✗') : results.earned === results.possible ? green('✓') : '·'
  return `${sign} ${id} ${mark}${told === '' ? '' : ` ${told}`}${again}`
}

/** What came of the batch as a whole. */
export function batchReport({ seed, isolation, key, records, kept }: Batch, colors: Colors): string {
  const { bold, dim } = colors
  const counts = outcomes
    .map(outcome => ({ outcome, count: records.filter(record => record.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${outcome}`)
  const notes = [
    `seed ${seed}`,
    `isolation ${isolation}`,
    key === undefined ? 'not signed' : `signed with key ${key.id}`,
    ...(kept > 0 ? [`${kept} as they were`] : []),
  ]
  const submissions = records.length === 1 ? '1 submission' : `${records.length} submissions`
  return `${bold(`${submissions}: ${counts.join(', ')}`)}  ${dim(notes.join(' · '))}`
}

/** For `--json`: the sum of it, and where the whole records lie. */
export const batchSummary = ({ records, ended, key, ...batch }: Batch, out: string) => ({
  version: 1,
  ...batch,
  ...(key && { key: key.id }),
  out,
  finished: ended === undefined,
  submissions: records.map(({ submission, student, outcome, attempts, problem, results }) => ({
    submission,
    student,
    outcome,
    ...(results && { earned: results.earned, possible: results.possible }),
    ...((results?.problem ?? problem) && { problem: results?.problem ?? problem }),
    attempts,
  })),
})

const oneLine = (text: string) => clipped(printable(text).replaceAll(/\s+/g, ' ').trim(), 160)
