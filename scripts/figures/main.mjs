// Prints the figures that the README and the changelog name, measured on this machine, now. Ratios are taken in
// one run, interleaved, and are medians. `npm run figures -- grading throughput` measures these groups only.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { openHome } from '../../dist/cli/engine/home.js'
import { openRun } from '../../dist/fixtures/run.js'
import { commands } from './commands.mjs'
import { grading } from './grading.mjs'
import { print, seconds, timed } from './measure.mjs'
import { similarity } from './similarity.mjs'
import { slowVariants } from './slow-variants.mjs'
import { isolation, submissions } from './submissions.mjs'
import { throughput } from './throughput.mjs'
import { workers } from './workers.mjs'

const execute = promisify(execFile)
const root = path.resolve(import.meta.dirname, '../..')
const bep = path.join(root, 'bin/bep.js')

async function verifying({ home }) {
  const took = await timed(() =>
    execute(process.execPath, [bep, 'verify', 'project-1', '--json'], {
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

const groups = {
  commands,
  grading,
  throughput,
  submissions,
  isolation,
  workers,
  similarity,
  'slow-variants': slowVariants,
  verifying,
  installing,
}
const named = process.argv.slice(2)
const unknown = named.find(name => !(name in groups))
if (unknown !== undefined) {
  console.error(`there is no group "${unknown}": name some of ${Object.keys(groups).join(', ')}`)
  process.exit(2)
}
const home = await openHome(process.env)
const run = await openRun(home)
try {
  for (const [name, measure] of Object.entries(groups))
    if (named.length === 0 || named.includes(name)) await measure({ home, run, bep })
} finally {
  await run.close()
}
