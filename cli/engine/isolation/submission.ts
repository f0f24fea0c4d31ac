import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Run } from '../../../fixtures/run.js'
import type { Subject } from '../checks-run.js'
import { madeByInstall, readWorkspace, type Workspace } from '../workspace.js'
import { copyTree } from './copy-tree.js'
import {
  findNpmInstall,
  installedTree,
  installFailed,
  npmSettings,
  registryPort,
  stepFailed,
} from './installed-tree.js'
import type { Launcher } from './launcher.js'
import { openRegistry } from './registry-handler.js'
import type { LeftOut } from './tree-rules.js'

/** A submission, copied and made ready to be graded under a launcher. */
export interface StagedSubmission {
  readonly workspace: Workspace
  /** What to hand to `gradeApp`, with the same launcher. */
  readonly subject: Subject
  /** What of the submission was not copied, and why. */
  readonly leftOut: readonly LeftOut[]
  /** Deletes the copy. */
  remove(): Promise<void>
}

interface StagingOptions {
  readonly run: Run
  readonly launcher: Launcher
  readonly inherited: NodeJS.ProcessEnv
  /** Let packages run their install scripts. */
  readonly allowScripts?: boolean
  readonly signal?: AbortSignal
  readonly onStep?: (text: string) => void
}

const installLimitMs = 300_000
const buildLimitMs = 300_000
let staged = 0

/**
 * Copies a submission to where other accounts may read it, and runs its install and build commands under the
 * launcher. The folder of the submission is only read.
 * @throws BepError SETTINGS_BROKEN, SUBMISSION_TOO_LARGE, INSTALL_FAILED or BUILD_FAILED; and what is not the
 *   submission's fault: REGISTRY_UNREACHABLE, COMMAND_NOT_STARTED. No copy is left then.
 */
export async function stageSubmission(dir: string, options: StagingOptions): Promise<StagedSubmission> {
  const { run, launcher, inherited, allowScripts = false, signal, onStep } = options
  const workspace = await readWorkspace(dir)
  staged += 1
  const copy = path.join(run.dir, `s${staged}`)
  const remove = () => rm(copy, { recursive: true, force: true })
  try {
    const leftOut = await copyTree(dir, copy, madeByInstall(workspace), { signal })
    const mounts: Record<string, string> = {}
    const runStep = async (step: 'install' | 'build', command: string, limitMs: number) => {
      onStep?.(`${step}: ${command}`)
      const registry = step === 'install' ? await openRegistry(inherited) : undefined
      const { output, failure } = await launcher.run({
        ...{ command, cwd: copy, mounts, inherited, run, limitMs, signal },
        env: registry ? await npmSettings({ launcher, inherited, allowScripts }) : {},
        ...(registry && { handlers: new Map([[registryPort, registry.handler]]) }),
        writable: true,
        output: 'both',
      })
      signal?.throwIfAborted()
      if (failure === undefined) return
      const failed = { command, failure, output }
      throw registry ? await installFailed(failed, registry) : stepFailed(step, failed)
    }
    if (workspace.install !== undefined) {
      const npm = launcher.tier === 'process' ? undefined : await findNpmInstall(copy, workspace.install)
      if (npm) {
        onStep?.(`install: ${workspace.install}`)
        mounts.node_modules = await installedTree(npm, { run, launcher, inherited, allowScripts, signal })
        await mkdir(path.join(copy, 'node_modules'))
      } else await runStep('install', workspace.install, installLimitMs)
    }
    if (workspace.build !== undefined) await runStep('build', workspace.build, buildLimitMs)
    return {
      workspace,
      subject: { project: workspace.project, dir: copy, command: workspace.start, mounts },
      leftOut,
      remove,
    }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}
