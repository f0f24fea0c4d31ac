import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { defaultJobs, gradeBatch } from '../../dist/cli/engine/batch/batch.js'
import { listSubmissions } from '../../dist/cli/engine/batch/submission-list.js'
import { isolationTiers } from '../../dist/cli/engine/isolation/launcher.js'
import { openLauncher } from '../../dist/cli/engine/isolation/open-launcher.js'
import { median, print, timed } from './measure.mjs'

const COUNT = 24
const SMALL = 4
const ROUNDS = 3
const root = path.resolve(import.meta.dirname, '../..')

/** The reference as students hand it in, by what its sources are: where they lie, and how they are started. */
const kinds = {
  TypeScript: { sources: path.join(root, 'projects'), start: 'node --import tsx api/main.ts' },
  JavaScript: { sources: path.join(root, 'dist', 'projects'), start: 'node api/main.js' },
}

/** How fast a class is graded, with packages to install. */
export async function submissions({ home, run }) {
  // The tier `process` is not for classes: there each installs its packages itself.
  for (const tier of (await available(run)).filter(tier => tier !== 'process')) {
    for (const kind of Object.keys(kinds)) {
      const dir = path.join(run.dir, kind)
      await writeReferences(dir, COUNT, kinds[kind])
      // The first of a class waits for its packages; the others find them there.
      await grade(dir, 1, { home, run, isolation: tier })
      const ms = await grade(dir, COUNT, { home, run, isolation: tier })
      print(
        `${COUNT} right submissions in ${kind}, ${tier}, ${defaultJobs()} at a time (at least 900)`,
        `${Math.round((COUNT / ms) * 3_600_000)} per hour`,
      )
    }
  }
}

/** What each tier costs: plain JavaScript, with nothing to install. */
export async function isolation({ home, run }) {
  const dir = path.join(run.dir, 'plain')
  await writeSubjects(dir, SMALL)
  const tiers = await available(run)
  const took = Object.fromEntries(tiers.map(tier => [tier, []]))
  for (const tier of tiers) await grade(dir, 1, { home, run, isolation: tier })
  for (let n = 0; n < ROUNDS; n++) {
    for (const tier of n % 2 === 0 ? tiers : [...tiers].reverse())
      took[tier].push(await grade(dir, SMALL, { home, run, isolation: tier }))
  }
  for (const tier of tiers.filter(tier => tier !== 'process')) {
    const ratio = median(took[tier].map((ms, n) => ms / took.process[n]))
    print(`a batch of ${SMALL} in the tier ${tier}, against process`, `${ratio.toFixed(2)} times`)
  }
}

async function grade(dir, count, { home, run, isolation }) {
  const out = path.join(run.dir, 'grades')
  const { submissions } = await listSubmissions([dir], { cwd: dir })
  try {
    return await timed(() => gradeAll(submissions.slice(0, count), { home, out, isolation }))
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

async function gradeAll(listed, { home, out, isolation }) {
  const { records, ended } = await gradeBatch(listed, {
    env: { ...process.env, BEP_HOME: home },
    provider: process.env.BEP_SERVICES ?? 'auto',
    isolation,
    allowScripts: false,
    jobs: defaultJobs(),
    retries: 0,
    seed: 1,
    seedIsFixed: true,
    resume: false,
    out,
    signal: new AbortController().signal,
    openKey: async () => undefined,
  })
  if (ended) throw ended
  for (const { submission, outcome, problem, results } of records) {
    if (outcome !== 'graded' || results.earned !== results.possible) {
      throw new Error(
        `${submission}: ${outcome} ${results?.earned} ${problem?.message ?? results?.problem?.message}`,
      )
    }
  }
}

async function writeReferences(dir, count, { sources, start }) {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(path.join(root, 'package.json'), 'utf8'),
  )
  const needed = ['@koa/bodyparser', '@koa/router', 'drizzle-orm', 'koa', 'kysely', 'pg', 'pino', 'zod']
  const manifest = {
    name: 'task-api',
    version: '0.0.0',
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(needed.map(name => [name, dependencies[name]])),
      tsx: devDependencies.tsx,
    },
  }
  for (let n = 1; n <= count; n++) {
    const at = path.join(dir, `student-${String(n).padStart(2, '0')}`)
    await mkdir(at, { recursive: true })
    await cp(path.join(sources, '01-task-api'), path.join(at, 'api'), { recursive: true })
    await cp(path.join(root, 'projects', '01-task-api', 'docs'), path.join(at, 'docs'), { recursive: true })
    await cp(path.join(sources, 'shared'), path.join(at, 'shared'), { recursive: true })
    await writeFile(path.join(at, 'package.json'), JSON.stringify(manifest, null, 2))
    await writeFile(path.join(at, 'README.md'), `By student ${n}.\n`)
    await writeFile(
      path.join(at, 'bep.yml'),
      `project: project-1\ninstall: npm install --no-audit --no-fund\nstart: ${start}\n`,
    )
  }
}

/** An independent implementation, with the packages that it needs. */
async function writeSubjects(dir, count) {
  const found = new Set()
  const find = async name => {
    const file = path.join(root, 'node_modules', name, 'package.json')
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (found.has(name) || text === undefined) return
    found.add(name)
    for (const needed of Object.keys(JSON.parse(text).dependencies ?? {})) await find(needed)
  }
  await find('pg')
  for (let n = 1; n <= count; n++) {
    const at = path.join(dir, `student-${n}`)
    await cp(path.join(root, 'fixtures', 'subjects', '01-task-api-node'), at, { recursive: true })
    for (const name of found) {
      const place = path.join('node_modules', name)
      await cp(path.join(root, place), path.join(at, place), { recursive: true })
    }
    await writeFile(path.join(at, 'README.md'), `By student ${n}.\n`)
  }
}

async function available(run) {
  const found = []
  for (const isolation of isolationTiers) {
    try {
      await openLauncher({ isolation, run, env: process.env })
      found.push(isolation)
    } catch (error) {
      print(`tier ${isolation} left out`, error.message)
    }
  }
  return found
}
