import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { execa } from 'execa'
import writeFileAtomic from 'write-file-atomic'
import { BepError } from '../../fixtures/bep-error.js'
import { privateDir, type Workspace } from './workspace.js'

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

const stampFile = (workspace: Workspace) => path.join(privateDir(workspace), 'installed')

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
  await mkdir(privateDir(workspace), { recursive: true })
  // The command may have written a lockfile: the stamp is of what is there now.
  await writeFileAtomic(stampFile(workspace), `${await installStamp(workspace)}\n`)
}

/** Runs the workspace's build command, if it has one. */
export async function build(workspace: Workspace, options: CommandOptions): Promise<void> {
  if (workspace.build !== undefined) await runCommand('build', workspace.build, workspace, options)
}

interface CommandOptions {
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
    env: options.env,
    all: true,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    ...(options.signal && { cancelSignal: options.signal }),
  })
  for await (const line of running.iterable({ from: 'all' })) {
    lines.push(line)
    if (lines.length > 200) lines.shift()
    options.onLine?.(line)
  }
  const result = await running
  if (!result.failed) return
  options.signal?.throwIfAborted()
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
