import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Report } from 'c8'
import type { CodeShape } from './code-shape.js'
import type { PlacedScript } from './placed-scripts.js'
import type { V8Script } from './recording.js'

interface Position {
  readonly line: number
  readonly column: number
}

interface Location {
  readonly start: Position
  readonly end: Position
}

/** Coverage of a file in Istanbul's format; c8's statements are the file's lines. */
export interface FileData {
  path: string
  /** Nothing of it was loaded. */
  all?: boolean
  statementMap: Record<string, Location>
  s: Record<string, number>
  branchMap: Record<string, { loc: Location; line: number }>
  b: Record<string, number[]>
  fnMap: Record<string, { name: string; decl: Location; loc: Location; line: number }>
  f: Record<string, number>
}

/** A map of `istanbul-lib-coverage`. */
export interface CoverageMap {
  readonly data: Record<string, unknown>
  files(): string[]
  merge(other: CoverageMap): void
  filter(keep: (file: string) => boolean): void
  fileCoverageFor(file: string): { readonly data: FileData }
}

/** What c8 can do besides what its types say; its own `check-coverage` does so, too. */
interface MappingReport extends Report {
  getCoverageMapFromAllCoverageFiles(): Promise<CoverageMap>
}

const openReport = (options: { tempDirectory?: string; reportsDirectory?: string }) =>
  new Report({
    ...options,
    reporter: ['html'],
    // bep itself says which files count: c8 would judge them by the folder that bep runs in.
    exclude: [],
    extension: [],
    allowExternal: true,
    excludeNodeModules: false,
    omitRelative: true,
    resolve: '',
    wrapperLength: 0,
  }) as MappingReport

/**
 * Merges the counts of all threads, and leads them back to the original files. `dir` is an empty folder.
 * `unloaded` files come in with nothing reached, unless something of them is in the counts.
 */
export async function mapCounts(
  threads: readonly (readonly PlacedScript[])[],
  { dir, unloaded }: { readonly dir: string; readonly unloaded: readonly string[] },
): Promise<CoverageMap> {
  const textIds = new Map<string, string[]>()
  for (const { script, textId } of threads.flat()) {
    const known = textIds.get(script.url) ?? []
    if (!known.includes(textId)) textIds.set(script.url, [...known, textId])
  }
  // Counts of different texts of one file have nothing in common but the file: they meet there.
  const passes = Math.max(1, ...[...textIds.values()].map(known => known.length))
  const maps: CoverageMap[] = []
  for (let pass = 0; pass < passes; pass++) {
    const ofPass = threads.map(scripts =>
      scripts.filter(({ script, textId }) => textIds.get(script.url)?.[pass] === textId),
    )
    maps.push(await mapPass(ofPass, path.join(dir, `pass-${pass}`)))
  }
  const [map, ...others] = maps as [CoverageMap, ...CoverageMap[]]
  for (const other of others) map.merge(other)
  const missing = unloaded.filter(file => !(file in map.data))
  const scripts = await Promise.all(missing.map(emptyScript))
  const empty = await mapPass([scripts.map(script => ({ script }))], path.join(dir, 'unloaded'))
  empty.filter(file => missing.includes(file))
  map.merge(empty)
  return map
}

/** The map of scripts each of which has the same text in all threads. */
async function mapPass(
  threads: readonly (readonly Omit<PlacedScript, 'textId'>[])[],
  dir: string,
): Promise<CoverageMap> {
  await mkdir(dir, { recursive: true })
  for (const [n, scripts] of threads.entries()) {
    const result = scripts.map(({ script }) => script)
    const maps = scripts.flatMap(({ script, sourceMap }) => (sourceMap ? [[script.url, sourceMap]] : []))
    const counted = { result, 'source-map-cache': Object.fromEntries(maps) }
    await writeFile(path.join(dir, `coverage-${n}.json`), JSON.stringify(counted))
  }
  return openReport({ tempDirectory: dir }).getCoverageMapFromAllCoverageFiles()
}

/** As c8 notes a file that was not loaded. */
async function emptyScript(file: string): Promise<V8Script> {
  const ranges = [{ startOffset: 0, endOffset: (await stat(file)).size, count: 0 }]
  const functions = [{ functionName: '(empty-report)', ranges, isBlockCoverage: true }]
  return { scriptId: '0', url: pathToFileURL(file).href, functions }
}

/** Takes out what is no code: c8 counts each line of a file, and what compilers and test runners add. */
export async function keepCode(
  map: CoverageMap,
  shapeOf: (file: string, text: string) => CodeShape,
): Promise<void> {
  for (const file of map.files()) {
    const { data } = map.fileCoverageFor(file)
    const text = await readFile(file, 'utf8')
    const { statementLines, functionLines } = shapeOf(file, text)
    // Compilers add functions of their own, and V8 some, with names in angle brackets, for fields of classes.
    const isAdded = (name: string) => !name.startsWith('(') && !text.includes(name.split(' ').at(-1) ?? '')
    drop(data.statementMap, data.s, ({ start }) => !statementLines.has(start.line))
    drop(data.branchMap, data.b, ({ loc }) => isNowhere(loc))
    if (data.all) noteFunctions(data, functionLines)
    else
      drop(
        data.fnMap,
        data.f,
        ({ name, loc }) => isNowhere(loc) || isAdded(name) || !functionLines.includes(loc.start.line),
      )
  }
  map.filter(file => Object.keys(map.fileCoverageFor(file).data.s).length > 0)
}

function drop<T>(
  places: Record<string, T>,
  counts: Record<string, unknown>,
  unwanted: (place: T) => boolean,
): void {
  for (const [id, place] of Object.entries(places)) {
    if (!unwanted(place)) continue
    delete places[id]
    delete counts[id]
  }
}

/** Where c8 puts what no source map knows. */
const isNowhere = ({ start, end }: Location) => start.line === end.line && start.column >= end.column

/** V8 knows no function of a file that was not loaded. */
function noteFunctions(data: FileData, lines: readonly number[]): void {
  const noted = lines.map(line => {
    const loc = { start: { line, column: 0 }, end: { line, column: 0 } }
    return { name: '(not loaded)', decl: loc, loc, line }
  })
  data.fnMap = Object.fromEntries(noted.entries())
  data.f = Object.fromEntries(noted.map((_, n) => [n, 0]))
}

/** Writes Istanbul's HTML report and gives the page to open. */
export async function writeHtml(map: CoverageMap, dir: string): Promise<string> {
  const report = openReport({ reportsDirectory: dir })
  report.getCoverageMapFromAllCoverageFiles = async () => map
  await report.run()
  return path.join(dir, 'index.html')
}

export const fileOf = ({ url }: V8Script): string => fileURLToPath(url)
