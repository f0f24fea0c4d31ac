import { createSocket } from 'node:dgram'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { startApp } from '../../cli/engine/app.js'
import { type ChecksRunner, startChecksRunner } from '../../cli/engine/checks-runner.js'
import { gradeApp } from '../../cli/engine/grade.js'
import type { IsolationTier, Launcher } from '../../cli/engine/isolation/launcher.js'
import { usualLimits } from '../../cli/engine/isolation/limits.js'
import { openLauncher } from '../../cli/engine/isolation/open-launcher.js'
import { stageSubmission } from '../../cli/engine/isolation/submission.js'
import type { Results } from '../../cli/engine/results.js'
import { startServices } from '../../cli/engine/stack.js'
import { freePort } from '../../fixtures/ports.js'
import { openRun } from '../../fixtures/run.js'
import { connectDocker, RUN_LABEL } from '../../fixtures/services/docker.js'
import { catalog } from '../../projects/catalog.js'
import { packageRoot } from '../cli/bep.js'
import { makeHome } from '../fixtures/temporary-home.js'

/** What came of one submission. */
export interface Graded {
  readonly results: Results | undefined
  /** Why it was turned away before it was started. */
  readonly refused: { readonly code: string; readonly message: string } | undefined
  /** What it was seen to try, and to get. */
  readonly tried: readonly string[]
  readonly loot: readonly string[]
}

const hostileDir = path.join(packageRoot, 'fixtures', 'hostile')
const subjectDir = path.join(packageRoot, 'fixtures', 'subjects', '01-task-api-node')
const MiB = 1024 * 1024
const honestIds = ['honest', 'whole', 'neighbour']

/**
 * Everything that hostile submissions could harm: services, an honest neighbour that runs all the while, a home with
 * a secret, listeners that nobody may call. The caller closes it.
 */
export async function openSite(tier: IsolationTier) {
  const home = await makeHome()
  const run = await openRun(home)
  await writeFile(path.join(home, 'secret'), 'a secret', { mode: 0o644 })
  const inherited = { PATH: process.env.PATH, HOME: home, SECRET: 'a secret' }
  const runners: ChecksRunner[] = []
  const idle: ChecksRunner[] = []
  const calls: string[] = []
  const listener = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  await new Promise<void>(resolve => listener.listen(0, resolve))
  const names = createSocket('udp4', () => calls.push('DNS'))
  await new Promise<void>(resolve => names.bind(0, resolve))

  const services = await startServices(catalog[0], { home, run, provider: 'local' })
  const launcher = await openLauncher({
    isolation: tier,
    run,
    env: process.env,
    limits: { ...usualLimits, memoryBytes: 512 * MiB, scratchBytes: 64 * MiB, folderBytes: 256 * MiB },
  })
  const options = { run, launcher, inherited }

  const prepare = async (id: string, target?: unknown) => {
    const dir = path.join(home, 'submissions', id)
    const attackDir = path.join(hostileDir, id)
    await mkdir(dir, { recursive: true })
    // Without its documents, a forger has points to gain.
    const without = id === 'whole' ? [] : [path.join(subjectDir, 'docs')]
    await cp(subjectDir, dir, { recursive: true, filter: source => !without.includes(source) })
    for (const name of pgPackages(['pg'])) {
      await cp(path.join(packageRoot, 'node_modules', name), path.join(dir, 'node_modules', name), {
        recursive: true,
      })
    }
    if (honestIds.includes(id)) return dir
    await cp(path.join(hostileDir, '_base'), dir, { recursive: true })
    await cp(attackDir, dir, { recursive: true })
    await writeFile(path.join(dir, 'target.json'), JSON.stringify(target))
    const links = await readFile(path.join(attackDir, 'links.json'), 'utf8').catch(() => '{}')
    for (const [name, to] of Object.entries(JSON.parse(links) as Record<string, string>)) {
      await mkdir(path.dirname(path.join(dir, name)), { recursive: true })
      await symlink(to.replace('$packageRoot', packageRoot).replace('$home', home), path.join(dir, name))
    }
    return dir
  }

  // The neighbour: an honest server with a user of its own.
  const neighbourStack = await services.openStack()
  const staged = await stageSubmission(await prepare('neighbour'), options)
  const neighbour = await startApp({
    ...options,
    command: staged.workspace.start,
    cwd: staged.subject.dir,
    env: neighbourStack.env,
    port: await freePort(),
  })
  const created = await fetch(`${neighbour.url}/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Neighbour', email: 'neighbour@example.com' }),
  })
  const neighboursUser = new URL(created.headers.get('location') ?? '', neighbour.url)

  const portOf = (url: string | undefined) => Number(new URL(url ?? '').port)
  const addresses = Object.values(networkInterfaces()).flatMap(
    each => each?.map(({ address }) => address) ?? [],
  )
  const target = {
    tier,
    packageRoot,
    home,
    runId: run.id,
    bepPid: process.pid,
    secret: 'VITEST',
    addresses: addresses.filter(address => !address.startsWith('fe80')),
    listenerPort: (listener.address() as AddressInfo).port,
    dnsPort: names.address().port,
    busyPorts: [
      (listener.address() as AddressInfo).port,
      neighbour.port,
      portOf(neighbourStack.adminUrls.postgres),
      portOf(neighbourStack.env.DATABASE_URL),
    ],
    neighbour: { dir: staged.subject.dir, database: new URL(neighbourStack.urls.postgres ?? '').pathname },
  }

  const foldersOf = (dir: string) => readdirSync(dir).filter(name => /^[sb]\d+$/.test(name))
  const neighboursFolders = foldersOf(run.dir).length
  return {
    home,
    /** What the listeners were asked by anybody. */
    calls,
    /** Grades one submission: a hostile one, or `honest`, or `whole`, which has its documents besides. */
    async grade(id: string, rows: readonly string[] = ['users', 'schema-design']): Promise<Graded> {
      const lines: string[] = []
      const listening: Launcher = {
        ...launcher,
        launch: app =>
          launcher.launch({
            ...app,
            onLine: line => {
              if (/^(TRIED|LOOT) /.test(line)) lines.push(line)
            },
          }),
      }
      const runner = idle.pop() ?? (await startChecksRunner())
      if (!runners.includes(runner)) runners.push(runner)
      try {
        const { subject, remove } = await stageSubmission(await prepare(id, target), options)
        try {
          const results = await gradeApp(subject, {
            ...options,
            launcher: listening,
            services,
            runner,
            rows,
            seed: 1,
            limitMs: 90_000,
            readyTimeoutMs: id === 'never-ready' ? 3_000 : 30_000,
          })
          return { results, refused: undefined, ...said(lines) }
        } finally {
          await remove()
        }
      } catch (thrown) {
        const { code, message } = thrown as { code?: string; message: string }
        if (code === undefined) throw thrown
        return { results: undefined, refused: { code, message }, ...said(lines) }
      } finally {
        idle.push(runner)
        await rm(path.join(home, 'submissions', id), { recursive: true, force: true })
      }
    },
    /** What the neighbour's user is now: it must stay what it is. */
    neighboursUser: async () => (await fetch(neighboursUser)).json() as Promise<unknown>,
    /** What there is on this machine of sandboxes, hostile processes and hostile files, but for the neighbour's. */
    leftovers: async () => [
      ...hostileProcesses(),
      ...readdirSync('/tmp').filter(name => name.startsWith('hostile-')),
      ...cgroupsOf(run.id).slice(1),
      ...foldersOf(run.dir).slice(neighboursFolders),
      ...(tier === 'docker' ? (await containersOf(run.id)).slice(1) : []),
      ...[home, run.dir, packageRoot].filter(dir => existsSync(path.join(dir, 'hostile-results.json'))),
    ],
    async close() {
      await neighbour.stop()
      await neighbourStack.stop()
      await Promise.all(runners.map(runner => runner.stop()))
      await services.stop()
      listener.closeAllConnections()
      listener.close()
      names.close()
      await run.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

function said(lines: readonly string[]) {
  const of = (word: string) =>
    lines.filter(line => line.startsWith(word)).map(line => line.slice(word.length + 1))
  return { tried: of('TRIED'), loot: of('LOOT') }
}

/** The driver and what it needs. */
function pgPackages(names: readonly string[], found = new Set<string>()): readonly string[] {
  for (const name of names) {
    const dir = path.join(packageRoot, 'node_modules', name)
    if (found.has(name) || !existsSync(dir)) continue
    found.add(name)
    const { dependencies = {} } = JSON.parse(readText(path.join(dir, 'package.json'))) as {
      dependencies?: Record<string, string>
    }
    pgPackages(Object.keys(dependencies), found)
  }
  return [...found]
}

const hostileProcesses = () =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter(command => /hostile-(daemon|disk)|attack\.mjs/.test(command))

/** Of either version of control groups, in one of the places where all are. */
const cgroupsOf = (runId: string) =>
  ['/sys/fs/cgroup', '/sys/fs/cgroup/pids']
    .flatMap(dir => (existsSync(dir) ? readdirSync(dir) : []))
    .filter(name => name.startsWith(`bep-${runId}`))

async function containersOf(runId: string): Promise<readonly string[]> {
  const { dockerode } = (await connectDocker()).container
  const filters = { label: [`${RUN_LABEL}=${runId}`] }
  return (await dockerode.listContainers({ all: true, filters })).map(({ Status }) => Status)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
