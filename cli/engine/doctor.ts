import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { BepError, messageOf } from '../../fixtures/bep-error.js'
import type { Run, SweptRun } from '../../fixtures/run.js'
import { connectDocker, mayHaveDocker } from '../../fixtures/services/docker.js'
import { findPostgresBinaries } from '../../fixtures/services/postgres-binaries.js'
import { startRedis } from '../../fixtures/services/redis.js'
import { findRedisBinary } from '../../fixtures/services/redis-binary.js'
import { installRedis } from '../../fixtures/services/redis-install.js'
import { catalog } from '../../projects/catalog.js'
import { openSandboxLauncher } from './isolation/sandbox-launcher.js'
import { openProgress } from './progress.js'
import { checkFile, hasBench, loadRubric } from './project-files.js'
import { startServices } from './stack.js'

/** One thing that was looked at. */
export interface Finding {
  readonly about: string
  readonly state: 'ok' | 'warning' | 'broken'
  readonly found: string
  readonly fix?: string
}

interface DoctorOptions {
  readonly home: string
  readonly run: Run
  readonly swept: readonly SweptRun[]
  readonly env: NodeJS.ProcessEnv
  /** Install what is missing. */
  readonly fix: boolean
  /** Gets what an installation prints. */
  readonly onLine?: (line: string) => void
}

const wantedFreeBytes = 500 * 1024 * 1024

/** Looks at everything that bep relies on, and tries the local Postgres for real. */
export async function examine(options: DoctorOptions): Promise<readonly Finding[]> {
  return Promise.all([
    Promise.resolve<Finding>({ about: 'Node.js', state: 'ok', found: process.versions.node }),
    diskSpace(options.home),
    Promise.resolve(leftovers(options.swept)),
    progressStore(options.home),
    localPostgres(options),
    localRedis(options),
    docker(options.env),
    sandbox(options),
    graders(),
  ])
}

async function diskSpace(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(home)
  const free = bavail * bsize
  const found = `${home}, ${Math.round(free / 1024 / 1024).toLocaleString('en')} MB free`
  if (free >= wantedFreeBytes) return { about: 'data folder', state: 'ok', found }
  return {
    about: 'data folder',
    state: 'broken',
    found,
    fix: 'Free 500 MB there, or set BEP_HOME to another folder.',
  }
}

function leftovers(swept: readonly SweptRun[]): Finding {
  const processes = swept.reduce((count, { endedPids }) => count + endedPids.length, 0)
  const found =
    swept.length === 0 ? 'none' : `removed those of ${swept.length} killed commands (${processes} processes)`
  return { about: 'leftovers', state: 'ok', found }
}

async function progressStore(home: string): Promise<Finding> {
  try {
    const progress = await openProgress(home)
    await progress.close()
    if (progress.setAside === undefined) return { about: 'progress', state: 'ok', found: 'readable' }
    return {
      about: 'progress',
      state: 'warning',
      found: `it was corrupt and is kept as ${progress.setAside}`,
    }
  } catch (thrown) {
    return broken('progress', thrown)
  }
}

async function localPostgres({ home, run }: DoctorOptions): Promise<Finding> {
  try {
    await findPostgresBinaries()
    const began = performance.now()
    const services = await startServices(catalog[0], { home, run, provider: 'local' })
    const took = Math.round(performance.now() - began)
    await services.stop()
    return {
      about: 'local Postgres',
      state: 'ok',
      found: `${services.origins.postgres}, started in ${took} ms`,
    }
  } catch (thrown) {
    return broken('local Postgres', thrown)
  }
}

async function localRedis({ home, run, env, fix, onLine }: DoctorOptions): Promise<Finding> {
  const searchPath = env.PATH
  const about = 'local Redis'
  try {
    const missing = (await findRedisBinary(searchPath)) === undefined
    if (missing && fix) await installRedis({ searchPath, ...(onLine && { onLine }) })
    const began = performance.now()
    const redis = await startRedis({ home, run, provider: 'local', searchPath })
    await redis.openStore()
    const took = Math.round(performance.now() - began)
    await redis.stop()
    const found = `local ${redis.version}, started in ${took} ms`
    return { about, state: 'ok', found: missing ? `${found}; it was installed now` : found }
  } catch (thrown) {
    // Not every project needs it, and Docker or an external server may stand in.
    const isMissing = thrown instanceof BepError && thrown.code === 'REDIS_MISSING'
    return { ...broken(about, thrown), ...(isMissing && { state: 'warning' }) }
  }
}

async function docker(env: NodeJS.ProcessEnv): Promise<Finding> {
  if (!mayHaveDocker(env.DOCKER_HOST))
    return { about: 'Docker', state: 'ok', found: 'none here; local servers are used' }
  try {
    await connectDocker()
    return { about: 'Docker', state: 'ok', found: 'a daemon answers' }
  } catch (thrown) {
    return {
      ...broken('Docker', thrown),
      state: 'warning',
      fix: 'Start it, or go on without: local servers are used.',
    }
  }
}

async function sandbox({ run, env }: DoctorOptions): Promise<Finding> {
  const about = 'sandbox'
  try {
    await openSandboxLauncher({ run, searchPath: env.PATH })
    return { about, state: 'ok', found: 'Bubblewrap works; submissions of others can be graded in it' }
  } catch (thrown) {
    // Nobody needs it for work of one's own.
    return { ...broken(about, thrown), state: 'warning' }
  }
}

async function graders(): Promise<Finding> {
  for (const project of catalog) {
    const { rows } = await loadRubric(project)
    const missing = rows.filter(row =>
      row.kind === 'performance' ? !hasBench(project) : !existsSync(checkFile(project, row)),
    )
    if (missing.length > 0) {
      const files = missing.map(row => row.id).join(', ')
      return {
        about: 'graders',
        state: 'broken',
        found: `${project.id} lacks ${files}`,
        fix: 'Install bep again.',
      }
    }
  }
  return {
    about: 'graders',
    state: 'ok',
    found: `of ${catalog.map(({ id }) => id).join(', ')}`,
  }
}

function broken(about: string, thrown: unknown): Finding {
  const fix = thrown instanceof BepError ? thrown.fix : undefined
  return { about, state: 'broken', found: messageOf(thrown), ...(fix !== undefined && { fix }) }
}
