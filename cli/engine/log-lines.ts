import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { monotonicUs } from '../../graders/kit/exchange.js'

interface LogLine {
  readonly atUs: number
  readonly text: string
}

const keptLines = 2_000
const keptChars = 2_000

/** The last lines that an app wrote. Bounded, whatever the app prints. */
export class LogLines {
  readonly #lines: LogLine[] = []
  #total = 0

  constructor(private readonly onLine: (line: string) => void = () => undefined) {}

  /** Reads a stream of the app's until it ends, at most about 10 MiB a second: reading is work for bep. */
  read(stream: Readable): void {
    // A line without end would fill the memory: what has no line break is broken up.
    let pending = 0
    const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
    const slowDown = throttled(stream)
    stream.on('data', (chunk: Buffer) => {
      slowDown(chunk)
      pending = chunk.includes(10) ? 0 : pending + chunk.length
      if (pending > 1024 * 1024) {
        // Drained, not closed: the app would die of the broken pipe.
        stream.removeAllListeners('data')
        reader.close()
        stream.on('data', slowDown).resume()
        this.#add('[bep] a line of more than 1 MiB: the output is not read any further')
      }
    })
    reader.on('line', line => this.#add(line))
    stream.on('error', () => undefined)
  }

  #add(text: string): void {
    this.#total += 1
    const line = text.length > keptChars ? `${text.slice(0, keptChars)}…` : text
    this.#lines.push({ atUs: monotonicUs(), text: line })
    if (this.#lines.length > keptLines) this.#lines.shift()
    this.onLine(line)
  }

  /** How many lines were written in all. */
  get total(): number {
    return this.#total
  }

  last(count: number): readonly string[] {
    return this.#lines.slice(-count).map(line => line.text)
  }

  between(fromUs: number, toUs: number): readonly string[] {
    return this.#lines.filter(line => line.atUs >= fromUs && line.atUs <= toUs).map(line => line.text)
  }
}

const windowMs = 100
const windowBytes = 1024 * 1024

/** Pauses a stream that gives more than `windowBytes` in `windowMs`; whoever writes into it waits. */
function throttled(stream: Readable): (chunk: Buffer) => void {
  let beganAt = 0
  let bytes = 0
  return chunk => {
    const now = performance.now()
    if (now - beganAt > windowMs) {
      beganAt = now
      bytes = 0
    }
    bytes += chunk.length
    if (bytes <= windowBytes) return
    stream.pause()
    setTimeout(() => stream.resume(), windowMs)
  }
}
