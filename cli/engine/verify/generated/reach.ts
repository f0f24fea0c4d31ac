import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** How often the parts of a file ran in one process, as V8 counted them. */
export interface FileCoverage {
  /** Path below the compiled reference's folder. */
  readonly file: string
  /** The whole file first; of each, the whole function first. */
  readonly functions: readonly { readonly ranges: readonly Range[] }[]
}

/** What of a reference's compiled files ran while something was graded. */
export interface Reach {
  /** Whether the code at this offset of the file ran. */
  reaches(file: string, offset: number): boolean
  /** How many functions of the file ran. */
  functionsOf(file: string): number
}

/**
 * Reads what the processes of an app wrote as `NODE_V8_COVERAGE` about the files below `compiledDir`. A process
 * that was killed wrote nothing.
 */
export async function readCoverage(
  coverageDir: string,
  compiledDir: string,
): Promise<readonly FileCoverage[]> {
  const names = await readdir(coverageDir).catch(() => [])
  const below = `${pathToFileURL(compiledDir).href}/`
  const processes = await Promise.all(
    names.map(async name => {
      const text = await readFile(path.join(coverageDir, name), 'utf8')
      const { result } = JSON.parse(text) as { result: (Pick<FileCoverage, 'functions'> & { url: string })[] }
      return result
        .filter(({ url }) => url.startsWith(below))
        .map(({ url, functions }) => ({
          file: url.slice(below.length),
          functions: functions.map(({ ranges }) => ({ ranges })),
        }))
    }),
  )
  return processes.flat()
}

export function reachOf(coverage: readonly FileCoverage[]): Reach {
  const of = (name: string) => coverage.filter(({ file }) => file === name)
  return {
    reaches: (file, offset) =>
      of(file).some(({ functions }) => {
        const around = functions
          .flatMap(({ ranges }) => ranges)
          .filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset)
        // Ranges lie inside one another: the smallest says how often its code ran.
        const [innermost] = around.sort((a, b) => size(a) - size(b))
        return innermost !== undefined && innermost.count > 0
      }),
    functionsOf: file => Math.max(0, ...of(file).map(({ functions }) => functions.filter(ran).length)),
  }
}

const size = ({ startOffset, endOffset }: Range) => endOffset - startOffset

const ran = ({ ranges: [whole] }: FileCoverage['functions'][number]) => whole !== undefined && whole.count > 0
