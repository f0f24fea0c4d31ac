import { createHash } from 'node:crypto'
import type { Lines, SimilarityReport, SimilarPair } from '../engine/similarity/report.js'
import type { Similarity } from '../engine/similarity/similar-submissions.js'
import { escapeHtml } from './html-text.js'

const colors = ['#fde68a', '#bfdbfe', '#bbf7d0', '#fbcfe8', '#ddd6fe', '#fed7aa']

// Both sides show a region when its number is clicked.
const script = `document.addEventListener('click', event => {
  const link = event.target.closest('a[data-region]')
  if (!link) return
  event.preventDefault()
  const pair = link.closest('section')
  for (const other of pair.querySelectorAll('a[data-region="' + link.dataset.region + '"]'))
    other.closest('pre').scrollTo({ top: other.offsetTop - 40 })
})`
const scriptHash = createHash('sha256').update(script).digest('base64')

const style = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #111827 }
table { border-collapse: collapse } th, td { text-align: right; padding: .1rem 1rem .1rem 0 }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left } .dim { color: #6b7280 }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem }
pre { position: relative; overflow: auto; max-height: 75vh; margin: 0; border: 1px solid #d1d5db; font: 12px/1.4 ui-monospace, monospace; tab-size: 2 }
pre b { display: block; position: sticky; top: 0; background: #f3f4f6; padding: .2rem .5rem }
pre span { display: block; white-space: pre; padding-left: .5rem } pre i { color: #9ca3af; font-style: normal; user-select: none }
${colors.map((color, n) => `.r${n} { background: ${color} }`).join(' ')}`

// Past this the page would be too large for a browser.
const maxPageCharacters = 30_000_000

/**
 * A page with the pairs and, for each, both sources side by side with the regions that they share. It loads nothing;
 * what the submissions hold is text in it.
 */
export function similarityPage({ report, sourceOf }: Similarity): string {
  const sections: string[] = []
  let size = 0
  for (const [n, pair] of report.pairs.entries()) {
    const section = pairSection(pair, n, sourceOf)
    size += section.length
    if (size > maxPageCharacters) break
    sections.push(section)
  }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'">
<title>Similar submissions</title>
<style>
${style}
</style>
<h1>Similar submissions</h1>
<p>${summary(report)} <strong>It shows where to look. Whether somebody copied is for a human to judge.</strong></p>
<table><tr><th>A</th><th>B</th><th>A in B</th><th>B in A</th><th>tokens</th><th>regions</th></tr>
${report.pairs.map((pair, n) => pairRow(pair, n, n < sections.length)).join('\n')}
</table>
${groups(report)}
${sections.length < report.pairs.length ? `<p>The sources of the first ${sections.length} pairs follow.</p>` : ''}
${sections.join('\n')}
${skippedList(report)}
<script>${script}</script>
</html>
`
}

function summary({ submissions, pairs, settings }: SimilarityReport): string {
  const { guaranteedTokens, threshold, commonAbove } = settings
  return `${submissions.length} submissions; pairs of at least ${Math.round(threshold * 100)} %: ${pairs.length}. Names, literals, comments and format do not count, nor does the starter, nor what more than ${commonAbove} submissions hold. Every other match of ${guaranteedTokens} tokens is found.`
}

const percent = (share: number) => `${Math.round(share * 100)} %`

function pairRow({ a, b, aInB, bInA, tokens, regions }: SimilarPair, n: number, linked: boolean): string {
  const name = linked ? `<a href="#pair-${n}">${escapeHtml(a)}</a>` : escapeHtml(a)
  return `<tr><td>${name}</td><td>${escapeHtml(b)}</td><td>${percent(aInB)}</td><td>${percent(bInA)}</td><td>${tokens}</td><td>${regions.length}</td></tr>`
}

function groups({ clusters }: SimilarityReport): string {
  const large = clusters.filter(({ members }) => members.length > 2)
  if (large.length === 0) return ''
  return `<h2>Groups</h2><ul>${large.map(({ members }) => `<li>${members.map(escapeHtml).join(', ')}</li>`).join('')}</ul>`
}

function skippedList({ submissions }: SimilarityReport): string {
  const items = submissions.flatMap(({ id, skipped }) =>
    skipped.map(({ file, why }) => `<li>${escapeHtml(`${id}/${file}`)} (${escapeHtml(why)})</li>`),
  )
  return items.length === 0
    ? ''
    : `<details><summary>${items.length} files were not compared</summary><ul>${items.join('')}</ul></details>`
}

function pairSection(
  { a, b, aInB, bInA, regions }: SimilarPair,
  n: number,
  sourceOf: Similarity['sourceOf'],
): string {
  const side = (id: string, places: readonly Lines[]) => {
    const files = [...new Set(places.map(({ file }) => file))].sort()
    return `<pre>${files.map(file => source(file, sourceOf(id, file), places)).join('')}</pre>`
  }
  return `<section id="pair-${n}"><h2>${escapeHtml(a)} and ${escapeHtml(b)}</h2>
<details><summary>${percent(aInB)} of ${escapeHtml(a)}, ${percent(bInA)} of ${escapeHtml(b)}, ${regions.length} regions</summary>
<div class="sides">
${side(
  a,
  regions.map(region => region.a),
)}
${side(
  b,
  regions.map(region => region.b),
)}
</div></details></section>`
}

/** A whole file; the lines of each region are coloured, and its number stands before the first of them. */
function source(file: string, text: string, places: readonly Lines[]): string {
  const lines = text.split('\n').map((line, at) => {
    const number = at + 1
    const region = places.findIndex(
      place => place.file === file && place.from <= number && number <= place.to,
    )
    const starts = places.flatMap((place, index) =>
      place.file === file && place.from === number
        ? [`<a href="#" data-region="${index}">${index + 1}</a> `]
        : [],
    )
    const mark = region === -1 ? '' : ` class="r${region % colors.length}"`
    return `<span${mark}><i>${String(number).padStart(4)}</i> ${starts.join('')}${escapeHtml(line)}</span>`
  })
  return `<b>${escapeHtml(file)}</b>${lines.join('')}`
}
