import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

interface ScriptCoverage {
  readonly url: string
  readonly functions: readonly { readonly ranges: readonly Range[] }[]
}

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** What of a reference's compiled files ran while something was graded. */
export interface Reach {
  /** Whether the code at this offset of the file ran. */
  reaches(file: string, offset: number): boolean
  /** How many functions of the file ran. */
  functionsOf(file: string): number
}

/**
 * Reads what the processes of an app wrote as `NODE_V8_COVERAGE`: a process that was killed wrote nothing. Files
 * are named by their paths below `compiledDir`.
 */
export async function readReach(coverageDir: string, compiledDir: string): Promise<Reach> {
  const names = await readdir(coverageDir).catch(() => [])
  const processes = await Promise.all(
    names.map(async name => {
      const text = await readFile(path.join(coverageDir, name), 'utf8')
      return (JSON.parse(text) as { readonly result: readonly ScriptCoverage[] }).result
    }),
  )
  const scripts = processes.flat()
  const coverageOf = (file: string) => {
    const { href } = pathToFileURL(path.join(compiledDir, file))
    return scripts.filter(({ url }) => url === href)
  }
  return {
    reaches: (file, offset) =>
      coverageOf(file).some(({ functions }) => {
        const around = functions
          .flatMap(({ ranges }) => ranges)
          .filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset)
        // Ranges lie inside one another: the smallest says how often its code ran.
        const [innermost] = around.sort((a, b) => size(a) - size(b))
        return innermost !== undefined && innermost.count > 0
      }),
    functionsOf: file =>
      Math.max(
        0,
        ...coverageOf(file).map(
          ({ functions }) =>
            functions.filter(({ ranges: [whole] }) => whole !== undefined && whole.count > 0).length,
        ),
      ),
  }
}

const size = ({ startOffset, endOffset }: Range) => endOffset - startOffset
