import path from 'node:path'
import type { CoverageMap, FileData } from './coverage-map.js'
import { type FileCoverage, type Metric, metrics, percentOf, type Shares, type Thresholds } from './report.js'

/** The figures of each file, named from `root`. */
export function fileFigures(map: CoverageMap, root: string): readonly FileCoverage[] {
  return map
    .files()
    .sort()
    .map(file => {
      const { data } = map.fileCoverageFor(file)
      return { file: path.relative(root, file), ...shares(data), unreached: unreachedLines(data) }
    })
}

function shares(data: FileData): Shares {
  const share = (counts: readonly number[]) => ({
    reached: counts.filter(count => count > 0).length,
    total: counts.length,
  })
  return {
    lines: share(Object.values(data.s)),
    branches: share(Object.values(data.b).flat()),
    functions: share(Object.values(data.f)),
  }
}

/** Runs of lines: one that has no code does not end a run. */
function unreachedLines({ statementMap, s }: FileData): readonly string[] {
  const lines = Object.entries(statementMap)
    .map(([id, { start }]) => ({ line: start.line, reached: (s[id] ?? 0) > 0 }))
    .sort((a, b) => a.line - b.line)
  const runs: { from: number; to: number }[] = []
  let open = false
  for (const { line, reached } of lines) {
    const last = runs.at(-1)
    if (!reached && open && last) last.to = line
    else if (!reached) runs.push({ from: line, to: line })
    open = !reached
  }
  return runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`))
}

export function totalsOf(files: readonly FileCoverage[]): Shares {
  const sum = (metric: Metric) => ({
    reached: files.reduce((total, file) => total + file[metric].reached, 0),
    total: files.reduce((total, file) => total + file[metric].total, 0),
  })
  return { lines: sum('lines'), branches: sum('branches'), functions: sum('functions') }
}

export const belowThreshold = (totals: Shares, thresholds: Thresholds): readonly Metric[] =>
  metrics.filter(metric => percentOf(totals[metric]) < thresholds[metric])
