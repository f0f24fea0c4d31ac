import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { submissionHash } from '../../dist/cli/engine/batch/submission-hash.js'
import { getProject } from '../../dist/cli/engine/find-project.js'
import { parseQueueUrl } from '../../dist/cli/engine/queue/queue-address.js'
import { openQueueGrading } from '../../dist/cli/engine/queue/queue-grading.js'
import { startRedis } from '../../dist/fixtures/services/redis.js'
import { print, seconds, timed } from './measure.mjs'

const ROUND = 8
const subject = path.resolve(import.meta.dirname, '../../fixtures/subjects/01-task-api-node')

/**
 * How much faster two workers are than one, each with one submission at a time: one queue has one worker, another has
 * two. Rounds of the same work are taken in turns, A B B A, with everything warm.
 */
export async function workers({ home, run, bep }) {
  const dir = await mkdtemp(path.join(tmpdir(), 'bep-workers-'))
  // Postgres runs as another account.
  await chmod(dir, 0o711)
  const redis = await startRedis({ home, run, provider: 'local', searchPath: process.env.PATH })
  const children = []
  try {
    const submissions = await makeSubmissions(dir)
    const queues = []
    for (const count of [1, 2]) {
      const { adminUrl: url } = await redis.openStore()
      queues.push({ count, url })
      for (let n = 0; n < count; n++)
        children.push(await startWorker(bep, url, path.join(dir, `home-${count}-${n}`)))
    }
    const took = { 1: [], 2: [] }
    let seed = 0
    for (const { url } of queues) await round(url, ++seed, submissions.slice(0, 4))
    for (const at of [0, 1, 1, 0]) {
      const { count, url } = queues[at]
      took[count].push(await timed(() => round(url, ++seed, submissions)))
    }
    // Of two rounds the mean: the first and the last against the two between them.
    const [one, two] = [1, 2].map(count => (took[count][0] + took[count][1]) / 2)
    print('8 submissions of project-1: one worker, two workers', `${seconds(one)}, ${seconds(two)}`)
    print(
      `two workers to one, on ${availableParallelism()} cores (at least 1.6)`,
      `${(one / two).toFixed(2)} (${took[1].map(seconds)} to ${took[2].map(seconds)})`,
    )
  } finally {
    for (const child of children) {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
    await redis.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function makeSubmissions(dir) {
  const made = []
  for (let n = 0; n < ROUND; n++) {
    const folder = path.join(dir, `s${n}`)
    await mkdir(folder)
    // Where it lies it finds its packages; what differs is only what it is called.
    await writeFile(
      path.join(folder, 'bep.yml'),
      `project: project-1\nstart: node ${subject}/server.js # ${n}\n`,
    )
    made.push({ id: `s${n}`, fetched: { dir: folder, hash: await submissionHash(folder), leftOut: [] } })
  }
  return made
}

async function startWorker(bep, url, home) {
  await mkdir(home, { mode: 0o711 })
  const options = ['--isolation', 'process', '--require', 'process', '--jobs', '1', '--grace', '0']
  const child = spawn(process.execPath, [bep, 'worker', ...options], {
    env: { ...process.env, BEP_HOME: home, BEP_QUEUE: url, BEP_SERVICES: 'local' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await new Promise((resolve, reject) => {
    child.stderr.on('data', text => {
      if (`${text}`.includes('works for')) resolve()
    })
    child.once('exit', code => reject(new Error(`a worker ended with ${code}`)))
  })
  return child
}

/** Hands all in and waits for the last; a new seed makes it new work. */
async function round(url, seed, submissions) {
  const project = getProject('project-1')
  const grading = await openQueueGrading(parseQueueUrl(url), {
    ...{ seed, project, allowScripts: false, required: 'process', retries: 0 },
    onNotice: line => console.error(line),
  })
  try {
    const outcomes = []
    for (const submission of submissions)
      outcomes.push(
        (await grading.grade(submission, { project, isRegrade: false, signal: new AbortController().signal }))
          .outcome,
      )
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error('the workers took more than a minute')), 60_000).unref()
    })
    for (const { outcome, results, problem } of await Promise.race([Promise.all(outcomes), late]))
      if (outcome !== 'graded' || results.problem)
        throw new Error(`not graded: ${JSON.stringify(problem ?? results.problem)}`)
  } finally {
    await grading.close()
  }
}
