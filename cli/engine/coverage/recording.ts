import { mkdir, readdir, readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../project-files.js'

const recorder = path.join(packageRoot, 'dist', 'cli', 'engine', 'coverage', 'recorder.cjs')

/** A range of V8's, in UTF-16 units of the script's text. */
interface V8Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** Of a function, or of a whole script: then the first range is all of it, and the name is empty. */
export interface V8Function {
  readonly functionName: string
  readonly ranges: readonly V8Range[]
  readonly isBlockCoverage: boolean
}

export interface V8Script {
  readonly scriptId: string
  readonly url: string
  readonly functions: readonly V8Function[]
}

/** Node's own note of how a script was transformed; `data` is a source map. */
export interface SourceMapEntry {
  readonly lineLengths: readonly number[]
  readonly data: unknown
}

/** What one thread of one process has counted. */
export interface RecordedThread {
  readonly scripts: readonly V8Script[]
  readonly sourceMaps: Readonly<Record<string, SourceMapEntry>>
  /** The texts that V8 ran, by script id. */
  readonly texts: ReadonlyMap<string, string>
}

export interface Recorded {
  readonly threads: readonly RecordedThread[]
  /** Processes that ran code below the root and ended without having written what they counted. */
  readonly lost: number
  /** Such processes whose counts went to another folder: they measure coverage themselves. */
  readonly elsewhere: number
}

/** A folder into which processes record what they run. */
export interface Recording {
  /** For the processes to record, and for nobody else. */
  readonly env: Readonly<Record<string, string>>
  /** Call it when all of them have ended. */
  read(): Promise<Recorded>
}

/** Opens a recording of the code below `root` in a new folder; what is in `node_modules` is left out. */
export async function openRecording(dir: string, root: string): Promise<Recording> {
  await mkdir(dir, { recursive: true })
  // Node names modules by their real paths.
  const prefix = `${pathToFileURL(await realpath(root)).href}/`
  return {
    env: {
      NODE_V8_COVERAGE: dir,
      NODE_OPTIONS: `--require ${JSON.stringify(recorder)}`,
      BEP_COVERAGE_DIR: dir,
      BEP_COVERAGE_ROOT: prefix,
    },
    read: () => readRecording(dir, prefix),
  }
}

async function readRecording(dir: string, prefix: string): Promise<Recorded> {
  const names = await readdir(dir)
  const pidsOf = (kind: string) =>
    new Set(names.filter(name => name.startsWith(`${kind}-`)).map(name => name.split('-')[1] ?? ''))
  const written = new Set<string>()
  const texts = new Map<string, Map<string, string>>()
  for (const name of names) {
    const [kind, pid, thread, script = ''] = name.split('-')
    if (kind !== 'source') continue
    const ofThread = texts.get(`${pid}-${thread}`) ?? new Map<string, string>()
    texts.set(`${pid}-${thread}`, ofThread.set(script, await readFile(path.join(dir, name), 'utf8')))
  }
  const threads: RecordedThread[] = []
  for (const name of names) {
    const [, pid, thread] = name.match(/^coverage-(\d+)-\d+-(\d+)\.json$/) ?? []
    if (pid === undefined) continue
    const counted = parse(await readFile(path.join(dir, name), 'utf8'))
    if (!counted?.result) continue
    written.add(pid)
    threads.push({
      scripts: counted.result.filter(({ url }) => url.startsWith(prefix) && !url.includes('/node_modules/')),
      sourceMaps: counted['source-map-cache'] ?? {},
      texts: texts.get(`${pid}-${thread}`) ?? new Map(),
    })
  }
  return {
    threads,
    lost: [...pidsOf('source')].filter(pid => !written.has(pid)).length,
    elsewhere: pidsOf('elsewhere').size,
  }
}

interface Counted {
  readonly result?: readonly V8Script[]
  readonly 'source-map-cache'?: Readonly<Record<string, SourceMapEntry>>
}

/** Half a file is what a process leaves that was killed as it wrote. */
function parse(text: string): Counted | undefined {
  try {
    return JSON.parse(text) as Counted
  } catch {
    return undefined
  }
}
