import fastStringWidth from 'fast-string-width'
import { wrapAnsi } from 'fast-wrap-ansi'
import type { Colors } from 'picocolors/types.js'
import type { Difference, Line, Mark } from '../engine/diff/comparison.js'
import type { Sent } from '../engine/diff/conversation.js'
import type { Step } from '../engine/diff/diff.js'
import type { WorkspaceDiff } from '../engine/diff/diff-workspace.js'
import { printable } from './terminal-text.js'

/** From this width on, both answers stand side by side. */
const wideColumns = 100
const shortestColumn = 40
/** Longer runs of equal lines are cut in the middle, in answers that are longer than a screen. */
const longRun = 12
const longAnswer = 60
const shownDifferences = 20
const shownLogLines = 8

interface ReportOptions {
  readonly colors: Colors
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined
}

/** The steps, both answers with their differences marked, and a sentence for each difference. */
export function diffReport(diff: WorkspaceDiff, { colors, columns = 0 }: ReportOptions): string {
  const { bold, dim, yellow } = colors
  const { steps, comparison, stopped } = diff
  const lines = [comparison.status, ...comparison.headers, ...answerBody(comparison.body)]
  const show = columns >= wideColumns ? sideBySide : unified
  const parts = [
    ...(steps.length > 0 ? [steps.map((step, n) => stepLines(step, n + 1, colors)).join('\n')] : []),
    bold(printable(diff.request)),
    show(collapsed(lines), { colors, columns }).join('\n'),
  ]
  const log = diff.log.slice(-shownLogLines)
  if ((diff.yours.answer?.status ?? 500) >= 500 && log.length > 0)
    parts.push(`${bold('Log of your server')}\n${log.map(line => dim(`  ${printable(line)}`)).join('\n')}`)
  if (stopped !== undefined) parts.push(yellow(printable(stopped)))
  parts.push(verdict(diff, colors))
  return parts.join('\n\n')
}

function stepLines(
  { name, request, yours, reference, differences }: Step,
  number: number,
  colors: Colors,
): string {
  const { green, red, dim } = colors
  const label = `${number} ${printable(request)}${name === undefined ? '' : dim(`  ${name}`)}`
  if (yours !== reference)
    return `${red('✗')} ${label}  ${red(`yours ${yours ?? 'no answer'}, reference ${reference}`)}`
  const counted = differences.filter(({ free }) => !free)
  const told = counted.map(difference => dim(`    ${printable(sentence(difference))}`))
  return [`${counted.length === 0 ? green('✓') : red('!')} ${label}  ${yours}`, ...told].join('\n')
}

/** Headers and body apart. */
const answerBody = (body: readonly Line[]): readonly Line[] =>
  body.length > 0 ? [{ yours: '', reference: '', mark: 'same' }, ...body] : []

type Shown = Line | { readonly hidden: number }

/** Without the middle of long runs in which nothing differs. */
function collapsed(lines: readonly Line[]): readonly Shown[] {
  if (lines.length <= longAnswer) return lines
  const shown: Shown[] = []
  for (let begin = 0; begin < lines.length; ) {
    const isSame = lines[begin]?.mark === 'same'
    const next = lines.findIndex((line, n) => n > begin && (line.mark === 'same') !== isSame)
    const run = lines.slice(begin, next === -1 ? undefined : next)
    if (isSame && run.length > longRun)
      shown.push(...run.slice(0, 4), { hidden: run.length - 8 }, ...run.slice(-4))
    else shown.push(...run)
    begin += run.length
  }
  return shown
}

interface Layout {
  readonly colors: Colors
  readonly columns: number
}

function unified(lines: readonly Shown[], { colors }: Layout): readonly string[] {
  const { dim, green, red, yellow } = colors
  const has = (mark: Mark) => lines.some(line => 'mark' in line && line.mark === mark)
  const free = has('free') ? `  ${yellow('~ up to you')}` : ''
  const legend =
    has('differs') || has('free') ? [`${red('- yours')}  ${green('+ reference')}${free}`, ''] : []
  return [
    ...legend,
    ...lines.flatMap(line => {
      if ('hidden' in line) return dim(`   … ${line.hidden} equal lines`)
      const { yours, reference, mark } = line
      if (mark === 'same') return `   ${clean(yours ?? '')}`.trimEnd()
      const [tilde, mine, theirs] = mark === 'free' ? ['~', yellow, yellow] : [' ', red, green]
      return [
        ...(yours === undefined ? [] : [mine(`${tilde}- ${clean(yours)}`)]),
        ...(reference === undefined ? [] : [theirs(`${tilde}+ ${clean(reference)}`)]),
      ]
    }),
  ]
}

function sideBySide(lines: readonly Shown[], { colors, columns }: Layout): readonly string[] {
  const { bold, dim, green, red, yellow } = colors
  const half = Math.floor((columns - 3) / 2)
  const mineAlone = lines.map(line => ('mark' in line ? fastStringWidth(clean(line.yours ?? '')) : 0))
  const width = Math.min(half, Math.max(shortestColumn, ...mineAlone))
  const cells = (text: string | undefined, columnWidth: number) =>
    text === undefined ? [] : wrapped(clean(text), columnWidth)
  const padded = (text: string) => text + ' '.repeat(Math.max(0, width - fastStringWidth(text)))
  const plain = (text: string) => text
  return [
    `${bold(padded('yours'))}   ${bold('reference')}`,
    '',
    ...lines.flatMap(line => {
      if ('hidden' in line) return dim(`… ${line.hidden} equal lines`)
      const { yours, reference, mark } = line
      const sign =
        mark === 'same'
          ? ' '
          : mark === 'free'
            ? '~'
            : yours === undefined
              ? '>'
              : reference === undefined
                ? '<'
                : '|'
      const [mine, theirs] =
        mark === 'same' ? [plain, plain] : mark === 'free' ? [yellow, yellow] : [red, green]
      const [left, right] = [cells(yours, width), cells(reference, columns - width - 3)]
      return Array.from({ length: Math.max(left.length, right.length) }, (_, n) => {
        const [my = '', their = ''] = [left[n], right[n]]
        return `${mine(padded(my))} ${sign} ${theirs(their)}`.trimEnd()
      })
    }),
  ]
}

/** What does not fit goes on below, further in. */
function wrapped(text: string, width: number): readonly string[] {
  if (fastStringWidth(text) <= width) return [text]
  const indent = ' '.repeat(Math.min(text.length - text.trimStart().length, width / 2))
  const rest = Math.floor(width - indent.length - 2)
  return wrapAnsi(text.trimStart(), rest, { hard: true, trim: false })
    .split('\n')
    .map((part, n) => indent + (n === 0 ? part : `  ${part.trimStart()}`))
}

/** Safe to print, and as wide as it looks. */
const clean = (text: string): string => printable(text).replaceAll('\t', '  ')

function verdict({ same, comparison, steps }: WorkspaceDiff, colors: Colors): string {
  const { bold, green, red, yellow } = colors
  const counted = sentences(comparison.differences.filter(({ free }) => !free))
  const free = sentences(comparison.differences.filter(difference => difference.free))
  const lines = counted.slice(0, shownDifferences).map(text => `${red('✗')} ${printable(text)}`)
  if (counted.length > shownDifferences) lines.push(`  … and ${counted.length - shownDifferences} more`)
  if (steps.some(step => step.yours !== step.reference))
    lines.unshift(`${red('✗')} the requests before it had other answers: what follows from them differs, too`)
  if (same) {
    lines.push(green(bold(free.length > 0 ? '✓ the same, as far as the brief says' : '✓ the same')))
    lines.push(
      ...free.slice(0, shownDifferences).map(text => `${yellow('~')} ${printable(text)}; that is up to you`),
    )
  }
  return lines.join('\n')
}

const sentence = ({ at, says }: Difference): string => `${at} ${says}`

/** One for each difference, those at the same field of several entries together. */
function sentences(differences: readonly Difference[]): readonly string[] {
  const groups = new Map<string, Difference[]>()
  for (const difference of differences) {
    const place = `${difference.kind} ${difference.at.replaceAll(/\[\d+\]/g, '[]').replace(/line \d+/, 'line')}`
    groups.set(place, [...(groups.get(place) ?? []), difference])
  }
  return [...groups.values()].flatMap(([first, ...more]) =>
    first ? `${sentence(first)}${more.length > 0 ? ` (and ${more.length} more like it)` : ''}` : [],
  )
}

/** What `--json` prints: both answers as they came, and what differs. */
export function diffJson({
  same,
  workspace,
  request,
  steps,
  stopped,
  comparison,
  yours,
  reference,
  log,
}: WorkspaceDiff) {
  return {
    same,
    project: workspace.project.id,
    workspace: workspace.dir,
    request,
    ...(stopped !== undefined && { stopped }),
    differences: comparison.differences.map(differenceJson),
    yours: { ...answerJson(yours), log },
    reference: answerJson(reference),
    before: steps.map(step => ({ ...step, differences: step.differences.map(differenceJson) })),
  }
}

const differenceJson = (difference: Difference) => ({
  at: difference.at,
  kind: difference.kind,
  counts: !difference.free,
  message: sentence(difference),
})

function answerJson({ answer, exchange }: Sent) {
  if (!answer) return { failure: exchange.failure }
  const { status, headers, text, body } = answer
  return { status, headers: Object.fromEntries(headers), body: body ?? text }
}
