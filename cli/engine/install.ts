import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { execa } from 'execa'
import { BepError } from '../../fixtures/bep-error.js'
import { endProcessGroup } from '../../fixtures/processes.js'
import type { Run } from '../../fixtures/run.js'
import { privateDir, type Workspace, writePrivate } from './workspace.js'

const stopGraceMs = 5_000

const manifests = [
  'package.json',
  'package-lock.json',
  'requirements.txt',
  'pyproject.toml',
  'go.mod',
  'Cargo.toml',
  'pom.xml',
  'Gemfile',
]

/** Hash of the install command and of the files that it usually reads. */
async function installStamp(workspace: Workspace): Promise<string> {
  const hash = createHash('sha256').update(workspace.install ?? '')
  for (const file of manifests) {
    hash.update(await readFile(path.join(workspace.dir, file)).catch(() => ''))
  }
  return hash.digest('hex')
}

const stampName = 'installed'
const stampFile = (workspace: Workspace) => path.join(privateDir(workspace), stampName)

/** Whether the install command has not yet succeeded with the present manifests. */
export async function needsInstall(workspace: Workspace): Promise<boolean> {
  if (workspace.install === undefined) return false
  const kept = await readFile(stampFile(workspace), 'utf8').catch(() => '')
  return kept.trim() !== (await installStamp(workspace))
}

/**
 * Runs the workspace's install command and remembers that it succeeded.
 * @throws BepError INSTALL_FAILED with the last lines of its output.
 */
export async function install(workspace: Workspace, options: CommandOptions): Promise<void> {
  if (workspace.install === undefined) return
  await runCommand('install', workspace.install, workspace, options)
  // The command may have written a lockfile: the stamp is of what is there now.
  await writePrivate(workspace, stampName, `${await installStamp(workspace)}\n`)
}

/** Runs the workspace's build command, if it has one. */
export async function build(workspace: Workspace, options: CommandOptions): Promise<void> {
  if (workspace.build !== undefined) await runCommand('build', workspace.build, workspace, options)
}

interface CommandOptions {
  /** Owns the command and what it starts; without it, a sweep does not know them. */
  readonly run?: Run
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  readonly onLine?: (line: string) => void
}

async function runCommand(
  key: 'install' | 'build',
  command: string,
  workspace: Workspace,
  options: CommandOptions,
) {
  const lines: string[] = []
  const running = execa(command, {
    shell: true,
    cwd: workspace.dir,
    env: { ...options.env, ...options.run?.env },
    all: true,
    // A group of its own, so that what the shell started ends with it.
    detached: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
  })
  const { pid } = running
  if (pid !== undefined) options.run?.own(pid, { group: true })
  const end = () => {
    if (pid !== undefined) endProcessGroup(pid, { graceMs: stopGraceMs }).catch(() => undefined)
  }
  options.signal?.addEventListener('abort', end, { once: true })
  if (options.signal?.aborted) end()
  try {
    for await (const line of running.iterable({ from: 'all' })) {
      lines.push(line)
      if (lines.length > 200) lines.shift()
      options.onLine?.(line)
    }
  } finally {
    options.signal?.removeEventListener('abort', end)
  }
  const result = await running
  options.signal?.throwIfAborted()
  if (!result.failed) return
  const output = lines.slice(-12).map(line => `  ${line}`)
  throw new BepError(
    `${key.toUpperCase()}_FAILED`,
    [
      `the ${key} command \`${command}\` failed (${result.signal ?? `exit code ${result.exitCode}`})`,
      ...output,
    ].join('\n'),
    { fix: `Run it yourself in ${workspace.dir}, or correct \`${key}\` in bep.yml.` },
  )
}
