import type { Colors } from 'picocolors/types.js'
import type { Lines, SimilarityReport } from '../engine/similarity/report.js'
import { clipped, printable } from './terminal-text.js'

interface ReportOptions {
  /** How many pairs are shown. */
  readonly pairs: number
}

const shownRegions = 3

/** A table of the pairs, the most similar ones first, with the largest regions that they share. */
export function similarityReport(
  { submissions, pairs, clusters, settings }: SimilarityReport,
  colors: Colors,
  { pairs: most }: ReportOptions,
): string {
  const { bold, dim } = colors
  const shown = pairs.slice(0, most)
  const width = Math.max(
    4,
    ...shown.flatMap(({ a, b }) => [a.length, b.length]).map(size => Math.min(size, 28)),
  )
  const cell = (text: string) => clipped(printable(text), width).padEnd(width)
  const lines = [
    dim(`${cell('A')}  ${cell('B')}  A in B  B in A  tokens`),
    ...shown.flatMap(({ a, b, aInB, bInA, tokens, regions }) => [
      `${cell(a)}  ${cell(b)}  ${percent(aInB)}  ${percent(bInA)}  ${String(tokens).padStart(6)}`,
      ...[...regions]
        .sort((one, other) => other.tokens - one.tokens)
        .slice(0, shownRegions)
        .map(region => dim(`  ${place(region.a)}  =  ${place(region.b)}`)),
    ]),
  ]
  if (shown.length === 0) lines.push('no pair')
  if (pairs.length > shown.length) lines.push(dim(`and ${pairs.length - shown.length} pairs more`))
  const groups = clusters.filter(({ members }) => members.length > 2)
  if (groups.length > 0) {
    lines.push('', bold('Groups'))
    for (const { members } of groups) lines.push(`  ${members.map(printable).join(', ')}`)
  }
  const skipped = submissions.flatMap(({ id, skipped }) => skipped.map(file => ({ id, ...file })))
  if (skipped.length > 0) {
    lines.push('', bold(`Not compared: ${skipped.length} files`))
    for (const { id, file, why } of skipped.slice(0, 10))
      lines.push(dim(`  ${clipped(printable(`${id}/${file}`), 70)} (${why})`))
    if (skipped.length > 10) lines.push(dim('  …; --json names all'))
  }
  const { threshold, guaranteedTokens, commonAbove } = settings
  lines.push(
    '',
    `${submissions.length} submissions, pairs from ${Math.round(threshold * 100)} %, every match of ${guaranteedTokens} tokens that at most ${commonAbove} of them hold.`,
    'It shows where to look. Whether somebody copied is for a human to judge.',
  )
  return lines.join('\n')
}

const percent = (share: number) => `${Math.round(share * 100)} %`.padStart(6)
const place = ({ file, from, to }: Lines) => `${clipped(printable(file), 40)}:${from}-${to}`
