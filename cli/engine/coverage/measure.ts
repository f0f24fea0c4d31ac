import path from 'node:path'
import { fileOf, keepCode, mapCounts, writeHtml } from './coverage-map.js'
import { fileFigures, totalsOf } from './figures.js'
import { placeScripts } from './placed-scripts.js'
import type { Recording } from './recording.js'
import type { Coverage } from './report.js'

interface MeasureOptions {
  /** The folder whose files are measured, by its real path. */
  readonly root: string
  /** An empty folder to work in. */
  readonly dir: string
  /** Files that count as unreached if nothing has loaded them; absolute. */
  readonly sources: readonly string[]
  /** Whether a file counts that has run; relative to `root`. */
  readonly counts: (file: string) => boolean
}

/** What a recording has measured. */
export interface Measured extends Omit<Coverage, 'html'> {
  /** Whether any of the files has run. */
  readonly ran: boolean
  readonly notices: readonly string[]
  /** Writes the HTML report into a folder and gives the page to open. */
  writeHtml(dir: string): Promise<string>
}

/** Reads a recording, when all processes of it have ended. */
export async function measure(recording: Recording, options: MeasureOptions): Promise<Measured> {
  const { root, dir, sources, counts } = options
  const { codeShapeOf } = await import('./code-shape.js')
  const recorded = await recording.read()
  const placed = await placeScripts(recorded)
  const map = await mapCounts(placed.threads, { dir, unloaded: sources })
  map.filter(file => counts(path.relative(root, file)))
  await keepCode(map, codeShapeOf)
  const files = fileFigures(map, root)
  const ran = placed.threads.flat().some(({ script }) => counts(path.relative(root, fileOf(script))))
  const unplaced = placed.unplaced.map(file => path.relative(root, file)).filter(counts)
  return {
    ran,
    files,
    totals: totalsOf(files),
    notices: [
      ...(recorded.lost > 0 ? [lostNotice(recorded.lost)] : []),
      ...(recorded.elsewhere > 0 ? [elsewhereNotice] : []),
      ...unplaced.map(unplacedNotice),
    ],
    writeHtml: folder => writeHtml(map, folder),
  }
}

const lostNotice = (processes: number) =>
  `${processes} Node.js process${processes > 1 ? 'es were' : ' was'} killed before writing what had run: it is missing here; a server ends in time when it exits within 10 s of SIGTERM`

const elsewhereNotice =
  'the command measures coverage itself (it sets NODE_V8_COVERAGE), so bep cannot: give `test` the bare command'

const unplacedNotice = (file: string) =>
  `${file} ran in a form without a source map: its lines cannot be told; leave NODE_OPTIONS to bep, or turn source maps on`
