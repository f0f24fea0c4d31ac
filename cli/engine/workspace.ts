import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { isMap, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { BepError } from '../../fixtures/bep-error.js'
import { makeFolder } from '../../fixtures/disk.js'
import type { Project } from '../../projects/catalog.js'
import type { Thresholds } from './coverage/report.js'
import { getProject } from './find-project.js'

const command = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  // No system starts such a command.
  .refine(text => !text.includes('\0'), 'must not hold a NUL')
const percent = z.number('must be a percentage from 0 to 100').min(0).max(100)
const thresholds = z.strictObject({
  lines: percent.default(80),
  branches: percent.default(80),
  functions: percent.default(80),
})
const settings = z.strictObject({
  project: z.string(),
  install: command.optional(),
  build: command.optional(),
  start: command,
  test: command.optional(),
  coverage: thresholds.prefault({}),
  seed: command.optional(),
})

/** A learner's folder: the one with `bep.yml`. */
export interface Workspace {
  readonly dir: string
  readonly project: Project
  readonly install?: string
  readonly build?: string
  readonly start: string
  readonly test?: string
  /** What the tests must reach, as percentages. */
  readonly coverage: Thresholds
  /** Fills the tables from the files in SEED_DIR, for benchmarks. */
  readonly seed?: string
}

export const settingsFile = 'bep.yml'

/**
 * Reads the workspace that `dir` is in: the nearest folder upwards with a `bep.yml`.
 * @throws BepError NO_WORKSPACE, or SETTINGS_BROKEN with line and key.
 */
export async function getWorkspace(dir: string): Promise<Workspace> {
  const found = await findWorkspaceDir(dir)
  if (found === undefined) {
    throw new BepError(
      'NO_WORKSPACE',
      `${dir} is not inside a workspace: there is no ${settingsFile} here or above`,
      {
        fix: 'Change into the folder that `bep start` made, or make one with `bep start project-1`.',
      },
    )
  }
  return readWorkspace(found)
}

export async function findWorkspaceDir(dir: string): Promise<string | undefined> {
  for (let at = path.resolve(dir); ; at = path.dirname(at)) {
    if ((await readSettings(at)) !== undefined) return at
    if (at === path.dirname(at)) return undefined
  }
}

async function readSettings(dir: string): Promise<string | undefined> {
  return readFile(path.join(dir, settingsFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw new BepError('SETTINGS_BROKEN', `${path.join(dir, settingsFile)} cannot be read (${error.code})`, {
      fix: 'Make the file readable.',
      cause: error,
    })
  })
}

/** Reads the workspace in exactly this folder. */
export async function readWorkspace(dir: string): Promise<Workspace> {
  const text = (await readSettings(dir)) ?? ''
  const file = path.join(dir, settingsFile)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const broken = (offset: number | undefined, what: string, fix?: string) =>
    new BepError(
      'SETTINGS_BROKEN',
      `${file}:${offset === undefined ? 1 : lines.linePos(offset).line}: ${what}`,
      {
        fix:
          fix ??
          'Mend that line. A whole file has `project`, `start` and, if needed, `install`, `build`, `test`, `seed`: one command each.',
      },
    )
  const keyOffset = (name: PropertyKey): number | undefined => {
    const pair = isMap(document.contents)
      ? document.contents.items.find(item => String(item.key) === String(name))
      : undefined
    return (pair?.key as { range?: [number, number, number] } | undefined)?.range?.[0]
  }

  const [error] = document.errors
  if (error) throw broken(error.pos[0], (error.message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, ''))
  const parsed = settings.safeParse(document.toJS())
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path[0]
    if (key === undefined) throw broken(undefined, 'expected `key: value` lines')
    const offset = keyOffset(key)
    if (issue?.code === 'unrecognized_keys') throw broken(offset, `there is no setting \`${String(key)}\``)
    throw broken(
      offset,
      offset !== undefined ? `\`${String(key)}\`: ${issue?.message}` : `\`${String(key)}\` is missing`,
    )
  }
  const { project, install, build, start, test, coverage, seed } = parsed.data
  return {
    dir,
    project: knownProject(project, fix =>
      broken(keyOffset('project'), `there is no project "${project}"`, fix),
    ),
    start,
    coverage,
    ...(install !== undefined && { install }),
    ...(build !== undefined && { build }),
    ...(test !== undefined && { test }),
    ...(seed !== undefined && { seed }),
  }
}

function knownProject(name: string, broken: (fix: string | undefined) => BepError): Project {
  try {
    return getProject(name)
  } catch (thrown) {
    throw thrown instanceof BepError ? broken(thrown.fix) : thrown
  }
}

/** What its install command makes anew, at the top of the workspace: no part of a submission. */
export const madeByInstall = ({ install }: Pick<Workspace, 'install'>): readonly string[] =>
  install === undefined ? [] : ['node_modules']

/** Where bep keeps what belongs to a workspace: never part of a submission. */
export const privateDir = (workspace: { dir: string }) => path.join(workspace.dir, '.bep')

/**
 * Writes a file of the private folder.
 * @throws BepError WORKSPACE_UNWRITABLE.
 */
export async function writePrivate(workspace: { dir: string }, name: string, text: string): Promise<void> {
  try {
    await makeFolder(privateDir(workspace), 0o755)
    await writeFileAtomic(path.join(privateDir(workspace), name), text)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new BepError('WORKSPACE_UNWRITABLE', `cannot write into ${privateDir(workspace)} (${code})`, {
      fix: 'Make the workspace writable and check the free space. Your files are as they were.',
      cause,
    })
  }
}

/**
 * The key of a workspace's data. It lies in the folder itself, so that the folder can be moved or renamed.
 */
export async function workspaceKey(workspace: Workspace): Promise<string> {
  const file = path.join(privateDir(workspace), 'id')
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (/^[a-z0-9-]{8,80}$/.test(kept)) return kept
  const key = `${workspace.project.slug}-${randomBytes(6).toString('hex')}`
  await writePrivate(workspace, 'id', `${key}\n`)
  return key
}
