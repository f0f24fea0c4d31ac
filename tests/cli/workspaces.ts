import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from './bep.js'

interface InlineWorkspace {
  readonly start?: string
  /** Source of `app.js`, an ES module. */
  readonly app?: string
  /** Further lines of bep.yml. */
  readonly settings?: string
}

/** Makes a workspace of project-1 whose server is one file. */
export async function writeWorkspace(
  dir: string,
  { start = 'node app.mjs', app = '', settings = '' }: InlineWorkspace,
): Promise<string> {
  await mkdir(dir, { recursive: true })
  await writeFile(path.join(dir, 'bep.yml'), `project: project-1\nstart: ${start}\n${settings}`)
  await writeFile(path.join(dir, 'app.mjs'), app)
  return dir
}

/** Copies the test subject that earns 100 points. `preload` is a module that changes how it behaves. */
export async function copySubject(dir: string, preload?: string): Promise<string> {
  await cp(path.join(packageRoot, 'fixtures', 'subjects', '01-task-api-node'), dir, {
    recursive: true,
    filter: source => !source.includes('.bep'),
  })
  await symlink(path.join(packageRoot, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  if (preload !== undefined) {
    await writeFile(path.join(dir, 'preload.mjs'), preload)
    await writeFile(
      path.join(dir, 'bep.yml'),
      'project: project-1\nstart: node --import ./preload.mjs server.js\n',
    )
  }
  return dir
}

/** Copies the subject as it can be handed in: what it needs lies in it. */
export async function copyWholeSubject(dir: string): Promise<string> {
  await cp(path.join(packageRoot, 'fixtures', 'subjects', '01-task-api-node'), dir, { recursive: true })
  for (const name of withDependencies('pg')) {
    await cp(path.join(packageRoot, 'node_modules', name), path.join(dir, 'node_modules', name), {
      recursive: true,
    })
  }
  return dir
}

/** A package of ours and what it needs. */
function withDependencies(name: string, found = new Set<string>()): ReadonlySet<string> {
  const file = path.join(packageRoot, 'node_modules', name, 'package.json')
  if (found.has(name) || !existsSync(file)) return found
  found.add(name)
  const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    dependencies?: Record<string, string>
  }
  for (const needed of Object.keys(dependencies)) withDependencies(needed, found)
  return found
}

/** A server that answers 200 on /health, and by `handler` (the body of a function) on everything else. */
export const healthyServer = (handler = "response.end('{}')", before = '') => `
import { createServer } from 'node:http'
${before}
createServer((request, response) => {
  if (request.url === '/health') return response.end('{}')
  ${handler}
}).listen(process.env.PORT, '127.0.0.1')
`

/** A server that keeps how often it was asked in its database, and says so on every path. */
export const countingServer = `
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
const pg = createRequire(${JSON.stringify(path.join(packageRoot, 'package.json'))})('pg')
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
await pool.query('create table if not exists visits (at timestamptz)')
createServer(async (request, response) => {
  if (request.url === '/health') return response.end('{}')
  await pool.query('insert into visits values (now())')
  const { rows } = await pool.query('select count(*)::int as visits from visits')
  response.end(JSON.stringify(rows[0]))
}).listen(process.env.PORT, '127.0.0.1')
`
