// Prints the figures that the README and the changelog name, measured on this machine, now.
// Ratios are taken in one run, interleaved, and are medians. `--install` measures `npm ci`, too.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startChecksRunner } from '../dist/cli/engine/checks-runner.js'
import { getProject } from '../dist/cli/engine/find-project.js'
import { gradeApp } from '../dist/cli/engine/grade.js'
import { openHome } from '../dist/cli/engine/home.js'
import { referenceDir, referenceMain } from '../dist/cli/engine/project-files.js'
import { startServices } from '../dist/cli/engine/stack.js'
import { openRun } from '../dist/fixtures/run.js'

const execute = promisify(execFile)
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const bep = path.join(root, 'bin/bep.js')
const project = getProject('project-1')

const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const print = (name, value) => console.log(`${name.padEnd(62)} ${value}`)
const seconds = ms => `${(ms / 1000).toFixed(2)} s`

async function timed(work) {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function commandRatios() {
  const runs = { node: [], '--help': [], list: [] }
  for (let n = 0; n < 15; n++) {
    runs.node.push(await timed(() => execute(process.execPath, ['-e', '0'])))
    for (const command of ['--help', 'list'])
      runs[command].push(await timed(() => execute(process.execPath, [bep, command])))
  }
  print('node -e 0', seconds(median(runs.node)))
  for (const command of ['--help', 'list']) {
    const ratio = median(runs[command]) / median(runs.node)
    print(`bep ${command}, against node -e 0 (at most 1.8)`, `${ratio.toFixed(2)} times`)
  }
}

async function grading(home) {
  const run = await openRun(home)
  const runner = await startChecksRunner()
  try {
    // The first start fills the cache of data directories.
    await (await startServices(project, { home, run, provider: 'local' })).stop()
    const starts = []
    for (let n = 0; n < 7; n++) {
      let services
      starts.push(
        await timed(async () => {
          services = await startServices(project, { home, run, provider: 'local' })
        }),
      )
      await services.stop()
    }
    print('local Postgres ready, data directory cached (at most 0.4 s)', seconds(median(starts)))

    const services = await startServices(project, { home, run, provider: 'local' })
    const grade = rows =>
      gradeApp(
        { project, dir: referenceDir(project), command: `node ${referenceMain(project)}` },
        { services, runner, run, inherited: process.env, seed: 1, ...(rows && { rows }) },
      )
    await grade(['users'])
    const all = []
    const one = []
    for (let n = 0; n < 5; n++) {
      all.push(await timed(() => grade()))
      one.push(await timed(() => grade(['users'])))
    }
    print('check of the reference, all rows, services warm (at most 6 s)', seconds(median(all)))
    print('check of the reference, one row, services warm (at most 2 s)', seconds(median(one)))
    await services.stop()
  } finally {
    await runner.stop()
    await run.close()
  }
}

async function verifying(home) {
  const took = await timed(() =>
    execute(process.execPath, [bep, 'verify', project.id, '--json'], {
      env: { ...process.env, BEP_HOME: home },
      maxBuffer: 1e8,
    }),
  )
  print('bep verify project-1 with planted bugs (at most 240 s)', seconds(took))
}

async function installing() {
  const copy = await mkdtemp(path.join(tmpdir(), 'bep-install-'))
  try {
    const { stdout } = await execute('git', ['-C', root, 'ls-files'], { maxBuffer: 1e8 })
    for (const file of stdout.trim().split('\n')) {
      await mkdir(path.join(copy, path.dirname(file)), { recursive: true })
      await cp(path.join(root, file), path.join(copy, file))
    }
    print(
      'npm ci, build included (at most 45 s)',
      seconds(await timed(() => execute('npm', ['ci'], { cwd: copy, maxBuffer: 1e8 }))),
    )
    const { stdout: size } = await execute('du', ['-sm', path.join(copy, 'node_modules')])
    print('node_modules (at most 450 MB)', `${size.split('\t')[0]} MB`)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

const home = await openHome(process.env)
await commandRatios()
await grading(home)
await verifying(home)
if (process.argv.includes('--install')) await installing()
