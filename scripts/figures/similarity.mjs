import path from 'node:path'
import { compareSubmissions } from '../../dist/cli/engine/similarity/compare-submissions.js'
import { readSources } from '../../dist/cli/engine/similarity/source-files.js'
import { catalog } from '../../dist/projects/catalog.js'
import { print, seconds, timed } from './measure.mjs'

const root = path.resolve(import.meta.dirname, '../..')

/**
 * A class of 200, each with about 6,000 tokens. Every file is in many submissions, which is the worst case: there is
 * something to compare in nearly every pair.
 */
export async function similarity() {
  const files = []
  for (const { slug } of catalog)
    for (const kind of ['projects', 'templates'])
      files.push(
        ...(await readSources(path.join(root, kind, slug))).sources.map(source => ({ slug, ...source })),
      )
  const submissions = Array.from({ length: 200 }, (_, n) => ({
    id: `s${n}`,
    sources: files.flatMap(({ slug, file, text }, at) =>
      (at * 7 + n * 13 + Math.floor(n / 4) * at) % 4 === 0 ? [{ file: `${slug}/${file}`, text }] : [],
    ),
    skipped: [],
  }))
  let report
  const took = await timed(async () => {
    report = await compareSubmissions(submissions, {
      noiseTokens: 15,
      guaranteedTokens: 30,
      starter: [],
      commonAbove: 200,
      threshold: 0.2,
    })
  })
  const tokens = Math.round(report.submissions.reduce((sum, each) => sum + each.tokens, 0) / 200)
  print('200 submissions compared (at most 60 s)', seconds(took))
  print('  tokens each, pairs listed', `${tokens}, ${report.pairs.length}`)
}
