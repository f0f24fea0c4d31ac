import { rename } from 'node:fs/promises'
import path from 'node:path'
import { confirm, isCancel } from '@clack/prompts'
import { BepError } from '../../fixtures/bep-error.js'
import { deleteDurableData } from '../../fixtures/services/durable-data.js'
import type { Project } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { folderOf, getProject } from '../engine/find-project.js'
import { openProgress } from '../engine/progress.js'
import { findRunningServer } from '../engine/running-server.js'
import { withSession } from '../engine/session.js'
import {
  findWorkspaceDir,
  getWorkspace,
  readWorkspace,
  type Workspace,
  workspaceKey,
} from '../engine/workspace.js'
import { setAsideNotice } from '../engine/workspace-grading.js'

export interface ResetOptions {
  readonly project?: string | undefined
  readonly data?: boolean
  readonly progress?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** What was done, for people and for `--json`. */
interface Done {
  readonly action: 'moved' | 'data' | 'progress'
  readonly text: string
  readonly path?: string
}

export async function run(options: ResetOptions, context: CliContext): Promise<ExitCode> {
  const done = options.progress
    ? await resetProgress(options, context)
    : await resetWorkspace(options, context)
  if (options.json) context.out(`${JSON.stringify(done, null, 2)}\n`)
  else context.out(`${done?.text ?? 'Nothing was changed.'}\n`)
  return 0
}

async function resetProgress(options: ResetOptions, context: CliContext): Promise<Done | undefined> {
  const project = await projectOf(options, context)
  if (!(await agreed(`Forget the progress of ${project.id}?`, options, context))) return undefined
  return withSession(context.env, async ({ home }) => {
    const progress = await openProgress(home)
    if (progress.setAside !== undefined) context.note(`${setAsideNotice(progress.setAside)}\n`)
    await progress.forget(project.id).finally(() => progress.close())
    return { action: 'progress', text: `The progress of ${project.id} is forgotten.` }
  })
}

async function resetWorkspace(options: ResetOptions, context: CliContext): Promise<Done | undefined> {
  const workspace = await workspaceOf(options, context)
  const running = await findRunningServer(workspace)
  if (running) {
    throw new BepError('ALREADY_RUNNING', `\`bep start\` runs in ${workspace.dir} (process ${running.pid})`, {
      fix: 'End it with Ctrl-C first.',
    })
  }
  if (options.data) {
    if (!(await agreed(`Delete the data that your server keeps in its database?`, options, context)))
      return undefined
    return withSession(context.env, async ({ run: session }) => {
      const deleted = await deleteDurableData(await workspaceKey(workspace), session)
      return {
        action: 'data',
        text: deleted
          ? 'The data is deleted; `bep start` begins with an empty database.'
          : 'There was no data.',
      }
    })
  }
  const aside = `${workspace.dir}.${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`
  if (!(await agreed(`Move ${workspace.dir} to ${path.basename(aside)} and begin again?`, options, context)))
    return undefined
  await rename(workspace.dir, aside).catch((cause: NodeJS.ErrnoException) => {
    throw new BepError('FOLDER_UNWRITABLE', `cannot move ${workspace.dir} to ${aside} (${cause.code})`, {
      fix: 'Make the folder above it writable. Nothing was changed.',
      cause,
    })
  })
  const parent = path.relative(context.cwd, path.dirname(workspace.dir))
  return {
    action: 'moved',
    path: aside,
    text: `Your files are in ${aside}, and their data is kept with them.\nNext: ${parent === '' ? '' : `cd ${path.dirname(workspace.dir)} && `}npx bep start ${workspace.project.id}`,
  }
}

async function projectOf({ project }: ResetOptions, { cwd }: CliContext): Promise<Project> {
  return project === undefined ? (await getWorkspace(cwd)).project : getProject(project)
}

async function workspaceOf({ project: name }: ResetOptions, { cwd }: CliContext): Promise<Workspace> {
  if (name === undefined) return getWorkspace(cwd)
  const project = getProject(name)
  for (const dir of [await findWorkspaceDir(cwd), path.join(cwd, folderOf(project))]) {
    if (dir !== undefined && (await findWorkspaceDir(dir)) === dir) {
      const workspace = await readWorkspace(dir)
      if (workspace.project.id === project.id) return workspace
    }
  }
  throw new BepError('NO_WORKSPACE', `there is no workspace of ${project.id} in ${cwd}`, {
    fix: `Change into it, or make one with \`bep start ${project.id}\`.`,
  })
}

async function agreed(
  question: string,
  { yes }: ResetOptions,
  { interactive }: CliContext,
): Promise<boolean> {
  if (yes) return true
  if (!interactive) {
    throw new BepError('NO_TERMINAL', 'there is no terminal to ask in', { fix: 'Say it with `--yes`.' })
  }
  const answer = await confirm({ message: question, initialValue: false })
  return !isCancel(answer) && answer
}
