import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Recorded, RecordedThread, SourceMapEntry, V8Function, V8Script } from './recording.js'

/** A script whose counts can be led back to its file: by a source map, or because the text is the file's. */
export interface PlacedScript {
  readonly script: V8Script
  readonly sourceMap?: SourceMapEntry
  /** The same for two scripts of one URL only if the counts are of the same text. */
  readonly textId: string
}

interface Placed {
  /** The scripts of each thread. */
  readonly threads: readonly (readonly PlacedScript[])[]
  /** Files that ran with a text from which no way leads back to them. */
  readonly unplaced: readonly string[]
}

export async function placeScripts({ threads }: Recorded): Promise<Placed> {
  const disk = new Map<string, string | undefined>()
  const unplaced = new Set<string>()
  const placed: PlacedScript[][] = []
  for (const thread of threads) {
    const found: PlacedScript[] = []
    for (const script of thread.scripts) {
      const file = fileURLToPath(script.url)
      if (!disk.has(file)) disk.set(file, await readFile(file, 'utf8').catch(() => undefined))
      const one = place(script, thread, disk.get(file))
      if (one) found.push({ ...one, script: named(one.script) })
      else unplaced.add(file)
    }
    placed.push(found)
  }
  return { threads: placed, unplaced: [...unplaced] }
}

// Jest and Vitest run a module as the body of a function, which they open on its first line.
const wrappers = [/^\(\{"Object\.<anonymous>":function\([^)]*\)\{/, /^'use strict';async \([^)]*\)=>\{\{/]

function place(script: V8Script, thread: RecordedThread, file: string | undefined): PlacedScript | undefined {
  const text = thread.texts.get(script.scriptId)
  if (text === undefined) {
    const sourceMap = thread.sourceMaps[script.url]
    if (sourceMap?.data) return { script, sourceMap, textId: identify(JSON.stringify(sourceMap)) }
    return lengthOf(script) === file?.length ? { script, textId: 'file' } : undefined
  }
  const wrapper = wrappers.map(pattern => text.match(pattern)?.[0] ?? '').find(found => found !== '') ?? ''
  const body = text.slice(wrapper.length)
  const shifted = (length: number) => shift(script, wrapper.length, length)
  // With all types erased, each into a space, the text is as long as the file (Node's own TypeScript).
  if (file !== undefined && (body.startsWith(file) || body.length === file.length))
    return { script: shifted(file.length), textId: 'file' }
  const data = inlineMap(body)
  if (data === undefined) return undefined
  const lineLengths = body.split('\n').map(line => line.length)
  return { script: shifted(body.length), sourceMap: { lineLengths, data }, textId: identify(body) }
}

const lengthOf = ({ functions }: V8Script) => functions[0]?.ranges[0]?.endOffset

const identify = (text: string) => createHash('sha1').update(text).digest('hex')

/** The counts without the wrapper that stands before the module itself and after it. */
function shift(script: V8Script, by: number, length: number): V8Script {
  const moved = (offset: number) => Math.min(Math.max(offset - by, 0), length)
  const functions: V8Function[] = script.functions.map(each => ({
    ...each,
    ranges: each.ranges.map(({ startOffset, endOffset, count }) => ({
      startOffset: moved(startOffset),
      endOffset: moved(endOffset),
      count,
    })),
  }))
  const isWrapper = ({ ranges: [all] }: V8Function) => all?.startOffset === 0 && all.endOffset === length
  return { ...script, functions: functions.filter((each, n) => n === 0 || !isWrapper(each)) }
}

/** c8 leaves functions without a name out, most callbacks among them. */
const named = (script: V8Script): V8Script => ({
  ...script,
  functions: script.functions.map((each, n) =>
    n > 0 && each.functionName === '' ? { ...each, functionName: `(anonymous ${n})` } : each,
  ),
})

/** The source map in a text's last `sourceMappingURL` comment, if it is a data URL. */
function inlineMap(text: string): unknown {
  const comments = [...text.matchAll(/\/[/*][#@] sourceMappingURL=data:([^,\s]*),([^\s*]*)/g)]
  const [, type = '', data] = comments.at(-1) ?? []
  if (data === undefined) return undefined
  try {
    return JSON.parse(
      type.endsWith(';base64') ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data),
    )
  } catch {
    return undefined
  }
}
