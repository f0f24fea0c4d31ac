import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { makeFolder } from '../../../fixtures/disk.js'
import type { Run } from '../../../fixtures/run.js'
import { notStarted } from './command-process.js'
import type { Launcher } from './launcher.js'
import { npmRegistry, openRegistry, type Registry } from './registry-handler.js'

/** What decides an npm install: nothing else of a submission has a part in it. */
export interface NpmInstall {
  /** A package.json with its dependencies alone. */
  readonly manifest: string
  readonly lock: string | undefined
}

interface InstallOptions {
  readonly run: Run
  readonly launcher: Launcher
  readonly inherited: NodeJS.ProcessEnv
  readonly allowScripts: boolean
  readonly signal?: AbortSignal | undefined
}

const keptKeys = [
  'name',
  'version',
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'overrides',
  'engines',
  'os',
  'cpu',
]
const limitMs = 300_000
/** Where npm finds the registry inside a sandbox, whose ports are all its own. */
export const registryPort = 4873

/**
 * The npm install that a command line asks for, or undefined when it asks for something else: another tool, other
 * packages, or parts of the submission itself.
 */
export async function findNpmInstall(dir: string, command: string): Promise<NpmInstall | undefined> {
  if (!/^npm (ci|i|install)( --?[a-z-]+(=\S+)?)*$/.test(command)) return undefined
  const read = (file: string) => readFile(path.join(dir, file), 'utf8').catch(() => undefined)
  const found = parseObject(await read('package.json'))
  if (!found || 'workspaces' in found) return undefined
  const kept = Object.fromEntries(keptKeys.flatMap(key => (key in found ? [[key, found[key]]] : [])))
  const manifest = JSON.stringify(kept)
  if (/"(file|link|workspace):/.test(manifest)) return undefined
  return { manifest, lock: await read('package-lock.json') }
}

const underWay = new Map<string, Promise<string>>()

/**
 * A `node_modules` for this install, made once for all submissions with the same manifest and lockfile: in a sandbox
 * with nothing else in it, so that none of them has a hand in what the others get. To be mounted read-only.
 * @throws BepError INSTALL_FAILED, REGISTRY_UNREACHABLE, COMMAND_NOT_STARTED
 */
export function installedTree(install: NpmInstall, options: InstallOptions): Promise<string> {
  const { run, launcher, allowScripts } = options
  const key = createHash('sha256')
    .update(JSON.stringify([install, allowScripts, launcher.tier, process.version, process.arch]))
    .digest('hex')
  const dir = path.join(run.home, 'cache', 'installs', key)
  const making = underWay.get(dir) ?? make(dir, install, options).finally(() => underWay.delete(dir))
  underWay.set(dir, making)
  return making
}

async function make(dir: string, { manifest, lock }: NpmInstall, options: InstallOptions): Promise<string> {
  const { run, launcher, inherited, allowScripts, signal } = options
  const tree = path.join(dir, 'node_modules')
  // Written last: a folder without it would be one that a crash left half done.
  if (await isWhole(dir)) return tree
  const place = path.join(run.dir, path.basename(dir))
  await mkdir(place, { mode: 0o755 })
  try {
    await writeFile(path.join(place, 'package.json'), manifest)
    if (lock !== undefined) await writeFile(path.join(place, 'package-lock.json'), lock)
    const registry = await openRegistry(inherited)
    const command = `npm ${lock === undefined ? 'install' : 'ci'} --no-audit --no-fund`
    const { output, failure } = await launcher.run({
      ...{ command, cwd: place, inherited, run, limitMs, signal },
      env: await npmSettings({ launcher, inherited, allowScripts }),
      handlers: new Map([[registryPort, registry.handler]]),
      writable: true,
      output: 'both',
    })
    signal?.throwIfAborted()
    if (failure !== undefined) throw await installFailed({ command, failure, output }, registry)
    await mkdir(path.join(place, 'node_modules'), { recursive: true })
    await makeFolder(path.dirname(path.dirname(dir)), 0o711)
    await makeFolder(path.dirname(dir), 0o711)
    await writeFile(path.join(place, wholeMark), '')
    // Another bep may have been first; its tree is as good.
    await rename(place, dir).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
    return tree
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

const wholeMark = '.whole'
const isWhole = (dir: string) =>
  readFile(path.join(dir, wholeMark)).then(
    () => true,
    () => false,
  )

/** npm's settings for an install under this launcher, as variables. */
export async function npmSettings({
  launcher,
  inherited,
  allowScripts,
}: Pick<InstallOptions, 'launcher' | 'inherited' | 'allowScripts'>): Promise<Record<string, string>> {
  const scripts = { npm_config_ignore_scripts: String(!allowScripts), npm_config_update_notifier: 'false' }
  if (launcher.tier === 'process') return scripts
  const { pathname } = new URL(await npmRegistry(inherited))
  return {
    ...scripts,
    npm_config_registry: `http://127.0.0.1:${registryPort}${pathname}`,
    // Whatever registry a lockfile names, there is only this one.
    npm_config_replace_registry_host: 'always',
    npm_config_cache: '/tmp/npm',
  }
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text ?? '')
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

interface FailedCommand {
  readonly command: string
  readonly failure: string
  readonly output: string
}

const asksRegistry = /\b(npm|npx|pnpm|yarn|bun|corepack)\b/

/** What is thrown when an install command did not succeed: of its own, or because the registry was out of reach. */
export async function installFailed(failed: FailedCommand, registry: Registry): Promise<BepError> {
  const outage = asksRegistry.test(failed.command) ? await registry.outage() : undefined
  if (outage === undefined) return stepFailed('install', failed)
  return new BepError(
    'REGISTRY_UNREACHABLE',
    `npm's registry cannot be reached (${outage})\n${lastOf(failed.output)}`,
    {
      fix: 'Look at the network and at `npm config get registry`, and run it again.',
    },
  )
}

/** What is thrown when a step did not succeed, with the last of its output. */
export function stepFailed(step: 'install' | 'build', { command, failure, output }: FailedCommand): BepError {
  const what = `the ${step} command \`${command}\` failed: ${failure}`
  if (failure.startsWith(notStarted)) {
    return new BepError('COMMAND_NOT_STARTED', what, {
      fix: 'Look at what this machine has left, and run it again.',
    })
  }
  return new BepError(`${step.toUpperCase()}_FAILED`, [what, lastOf(output)].join('\n'), {
    fix: `Correct \`${step}\` in bep.yml. In a sandbox it reaches npm's registry and nothing else.`,
  })
}

const lastOf = (output: string) =>
  output
    .trimEnd()
    .split('\n')
    .slice(-12)
    .map(line => `  ${line}`)
    .join('\n')
