import { createReadStream } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { z } from 'zod'

// Fills the tables, which `main.ts` has made, with the files of a benchmark.

const ROWS_AT_ONCE = 5_000

const config = z.object({ DATABASE_URL: z.string().min(1), SEED_DIR: z.string().min(1) }).parse(process.env)

/** The columns in the order of the file's. */
const tables = {
  users: { id: 'uuid', name: 'text', created_at: 'timestamptz' },
  follows: { follower_id: 'uuid', followee_id: 'uuid', created_at: 'timestamptz' },
  posts: { id: 'uuid', user_id: 'uuid', text: 'text', created_at: 'timestamptz' },
} as const

const client = new pg.Client({ connectionString: config.DATABASE_URL })
await client.connect()
for (const [table, columns] of Object.entries(tables)) {
  const arrays = Object.values(columns).map((type, n) => `$${n + 1}::${type}[]`)
  const insert = `insert into ${table} (${Object.keys(columns)}) select * from unnest(${arrays})`
  for await (const rows of readRows(path.join(config.SEED_DIR, `${table}.csv`))) {
    await client.query(
      insert,
      arrays.map((_, column) => rows.map(row => row[column])),
    )
  }
}
await client.end()

/** The rows of a file below its line of names, some thousand at a time. */
async function* readRows(file: string): AsyncGenerator<string[][]> {
  let rows: string[][] = []
  let isHeading = true
  for await (const line of createInterface(createReadStream(file))) {
    if (!isHeading) rows.push(line.split(','))
    isHeading = false
    if (rows.length < ROWS_AT_ONCE) continue
    yield rows
    rows = []
  }
  if (rows.length > 0) yield rows
}
