import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { nullApps } from '../../../graders/kit/null-apps.js'
import type { Project } from '../../../projects/catalog.js'
import type { Subject } from '../checks-run.js'
import { build, install } from '../install.js'
import { packageRoot, referenceDir, referenceMain, referenceSeed } from '../project-files.js'
import { scaffold } from '../scaffold.js'
import { readWorkspace, type Workspace } from '../workspace.js'
import { nodeCommand } from './command.js'

/** The reference, once for each variant that the catalog names. */
export function referenceSubjects(project: Project): readonly (Subject & { readonly name: string })[] {
  return project.variants.map(settings => ({
    name: Object.entries(settings)
      .map(([key, value]) => `${key}=${value}`)
      .join(' '),
    project,
    dir: referenceDir(project),
    command: nodeCommand(referenceMain(project)),
    settings,
  }))
}

/** The reference in its default variant, with its seed command. */
export function referenceSubject(project: Project): Subject {
  const seed = referenceSeed(project)
  return {
    project,
    dir: referenceDir(project),
    command: nodeCommand(referenceMain(project)),
    ...(existsSync(seed) && { seed: nodeCommand(seed) }),
    settings: project.variants[0] ?? {},
  }
}

const subjectsDir = path.join(packageRoot, 'fixtures', 'subjects')

/** Whether this is a checkout of bep: its package leaves the test subjects out. */
export const hasSubjects = (): boolean => existsSync(subjectsDir)

/** Independent implementations of the project: `fixtures/subjects/<slug>-*`. */
export async function independentSubjects(
  project: Project,
): Promise<readonly (Subject & { readonly name: string })[]> {
  const names = (await readdir(subjectsDir)).filter(name => name.startsWith(`${project.slug}-`))
  return Promise.all(
    names.sort().map(async name => {
      const workspace = await readWorkspace(path.join(subjectsDir, name))
      return { name, ...subjectOf(workspace) }
    }),
  )
}

/** The app of a workspace. */
export const subjectOf = ({ project, dir, start, seed }: Workspace): Subject => ({
  project,
  dir,
  command: start,
  ...(seed !== undefined && { seed }),
})

interface CommandSettings {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** A fresh copy of the starter in `dir`, ready to be started as a learner would. */
export async function starterSubject(
  project: Project,
  dir: string,
  settings: CommandSettings,
): Promise<Subject> {
  await scaffold(project, { dir, starter: 'typescript', add: false })
  const workspace = await readWorkspace(dir)
  if (!(await linkDependencies(dir))) await install(workspace, settings)
  await build(workspace, settings)
  return subjectOf(workspace)
}

/** Takes the starter's packages from bep's own, when all of them are there in the same versions: no network. */
async function linkDependencies(dir: string): Promise<boolean> {
  const manifest = await readManifest(path.join(dir, 'package.json'))
  for (const [name, version] of Object.entries(manifest?.dependencies ?? {})) {
    const own = await readManifest(path.join(packageRoot, 'node_modules', name, 'package.json'))
    if (own?.version !== version) return false
  }
  await symlink(path.join(packageRoot, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  return true
}

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

async function readManifest(file: string): Promise<Manifest | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Manifest)
}

/** The null apps, each with an empty folder below `dir` as its workspace. */
export async function nullSubjects(
  project: Project,
  dir: string,
): Promise<readonly (Subject & { readonly name: string })[]> {
  const module = pathToFileURL(path.join(packageRoot, 'dist', 'graders', 'kit', 'null-apps.js')).href
  return Promise.all(
    nullApps.map(async (name, n) => {
      const folder = path.join(dir, String(n))
      await mkdir(folder, { recursive: true })
      const main = path.join(folder, 'main.mjs')
      const [from, app] = [module, name].map(text => JSON.stringify(text))
      await writeFile(
        main,
        `import { serveNullApp } from ${from}\nserveNullApp(${app}, Number(process.env.PORT))\n`,
      )
      return { name, project, dir: folder, command: nodeCommand(main) }
    }),
  )
}
