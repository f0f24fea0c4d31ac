import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Bench } from '../../graders/kit/bench.js'
import type { Excuse } from '../../graders/kit/excuse.js'
import type { Mutant, Row, Rubric } from '../../graders/kit/rubric.js'
import type { Project } from '../../projects/catalog.js'

// dist/cli/engine/ when compiled, cli/engine/ under Vitest.
const here = path.dirname(fileURLToPath(import.meta.url))
const compiled = here.includes(`${path.sep}dist${path.sep}`)

/** The folder of bep itself: the one with package.json. */
export const packageRoot = path.resolve(here, compiled ? '../../..' : '../..')

const dist = path.join(packageRoot, 'dist')

/** Where the parts of a project lie. */
export const templateDir = (project: Project) => path.join(packageRoot, 'templates', project.slug)
export const baseTemplateDir = path.join(packageRoot, 'templates', '_base')
export const briefFile = (project: Project) => path.join(templateDir(project), 'BRIEF.md')
export const referenceDir = (project: Project) => path.join(packageRoot, 'projects', project.slug)
export const referenceMain = (project: Project) => path.join(dist, 'projects', project.slug, 'main.js')
/** Fills the reference's tables from SEED_DIR; only where the benchmark has bulk data. */
export const referenceSeed = (project: Project) =>
  path.join(dist, 'projects', project.slug, 'docs', 'seed.js')
export const graderDir = (project: Project) => path.join(dist, 'graders', project.slug)
const benchFile = (project: Project) => path.join(graderDir(project), 'bench.js')
export const checkFile = (project: Project, row: Row) => path.join(graderDir(project), `${row.id}.check.js`)

/** What bep's own package.json says. */
export async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(path.join(packageRoot, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

export async function loadRubric(project: Project): Promise<Rubric> {
  const module = await importCompiled(path.join(graderDir(project), 'rubric.js'))
  return module.rubric as Rubric
}

export async function loadMutants(project: Project): Promise<readonly Mutant[]> {
  const module = await importCompiled(path.join(graderDir(project), 'mutants.js'))
  return module.mutants as readonly Mutant[]
}

/** The generated mutants that no check can catch; a grader without such a list excuses none. */
export async function loadExcuses(project: Project): Promise<readonly Excuse[]> {
  const file = path.join(graderDir(project), 'excused.js')
  if (!existsSync(file)) return []
  return (await importCompiled(file)).excused as readonly Excuse[]
}

/** Whether the project has a benchmark. */
export const hasBench = (project: Project): boolean => existsSync(benchFile(project))

export async function loadBench(project: Project): Promise<Bench> {
  const module = await importCompiled(benchFile(project))
  return module.bench as Bench
}

/** Twelve hex digits that change when a row's checks, or its benchmark, change. */
export async function graderVersion(project: Project, row: Row): Promise<string> {
  const file = row.kind === 'performance' ? benchFile(project) : checkFile(project, row)
  if (!existsSync(file)) return 'missing'
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 12)
}

/** The check files that lie in a grader's folder, whether or not the rubric names them. */
export async function listCheckFiles(project: Project): Promise<readonly string[]> {
  const files = await readdir(graderDir(project)).catch(() => [])
  return files.filter(file => file.endsWith('.check.js'))
}

async function importCompiled(file: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>
}
