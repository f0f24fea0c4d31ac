import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { SeedTable } from '../../../graders/kit/bench.js'

/** Writes each table as `<name>.csv` into `dir`, and makes the folder. */
export async function writeSeedFiles(dir: string, tables: readonly SeedTable[]): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const table of tables) {
    await pipeline(Readable.from(linesOf(table)), createWriteStream(path.join(dir, `${table.name}.csv`)))
  }
}

const LINES_AT_ONCE = 1_000

function* linesOf({ columns, rows }: SeedTable): Generator<string> {
  yield `${columns.join(',')}\n`
  for (let from = 0; from < rows.length; from += LINES_AT_ONCE)
    yield rows
      .slice(from, from + LINES_AT_ONCE)
      .map(row => `${row.join(',')}\n`)
      .join('')
}
