import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { defaultJobs, gradeBatch } from '../../dist/cli/engine/batch/batch.js'
import { listSubmissions } from '../../dist/cli/engine/batch/submission-list.js'
import { isolationTiers } from '../../dist/cli/engine/isolation/launcher.js'
import { openLauncher } from '../../dist/cli/engine/isolation/open-launcher.js'
import { median, print, timed } from './measure.mjs'

const COUNT = Number(process.env.COUNT ?? 24)
const SMALL = 6
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const root = path.resolve(import.meta.dirname, '../..')

/** How fast a class is graded, and what each tier of isolation costs. */
export async function submissions({ home, run }) {
  const dir = path.join(run.dir, 'class')
  await writeSubmissions(dir, COUNT)
  const tiers = await available(run)
  const grade = async (isolation, count) => {
    const out = path.join(run.dir, 'grades')
    const listed = (await listSubmissions([dir], { cwd: dir })).submissions.slice(0, count)
    try {
      return await timed(() => gradeAll(listed, { home, out, isolation }))
    } finally {
      await rm(out, { recursive: true, force: true })
    }
  }
  // The first of a class waits for its packages, the others find them there.
  for (const tier of tiers) await grade(tier, 1)
  for (const tier of tiers) {
    const ms = await grade(tier, COUNT)
    print(
      `right submissions of project-1 per hour, ${tier}, ${defaultJobs()} at a time (at least 900)`,
      String(Math.round((COUNT / ms) * 3_600_000)),
    )
  }
  const took = Object.fromEntries(tiers.map(tier => [tier, []]))
  for (let n = 0; n < ROUNDS; n++) {
    for (const tier of n % 2 === 0 ? tiers : [...tiers].reverse()) took[tier].push(await grade(tier, SMALL))
  }
  for (const tier of tiers.filter(tier => tier !== 'process')) {
    const ratio = median(took[tier].map((ms, n) => ms / took.process[n]))
    print(`  ${tier} against process, ${SMALL} submissions`, `${ratio.toFixed(2)} times`)
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

/** The reference, as students hand in: TypeScript sources, and packages to install. */
async function writeSubmissions(dir, count) {
  const { dependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  const { devDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
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
    await cp(path.join(root, 'projects', '01-task-api'), path.join(at, 'api'), { recursive: true })
    await cp(path.join(root, 'projects', '01-task-api', 'docs'), path.join(at, 'docs'), { recursive: true })
    await cp(path.join(root, 'projects', 'shared'), path.join(at, 'shared'), { recursive: true })
    await writeFile(path.join(at, 'package.json'), JSON.stringify(manifest, null, 2))
    await writeFile(path.join(at, 'README.md'), `By student ${n}.\n`)
    await writeFile(
      path.join(at, 'bep.yml'),
      'project: project-1\ninstall: npm install --no-audit --no-fund\nstart: node --import tsx api/main.ts\n',
    )
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
