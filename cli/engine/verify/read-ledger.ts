import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../../../fixtures/bep-error.js'
import type { Mutant, Row } from '../../../graders/kit/rubric.js'
import type { Project } from '../../../projects/catalog.js'
import type { ChecksRunner } from '../checks-runner.js'
import {
  briefFile,
  graderDir,
  hasBench,
  listCheckFiles,
  loadBench,
  loadMutants,
  loadRubric,
  packageRoot,
  referenceDir,
  referenceMain,
  templateDir,
} from '../project-files.js'
import { readWorkspace, settingsFile } from '../workspace.js'
import type { Gap, Ledger } from './ledger.js'

/** Reads a project's ledger. What cannot be read is a gap of its own and counts as empty. */
export async function readLedger(project: Project, runner: ChecksRunner): Promise<Ledger> {
  const files: Gap[] = [...(await missingFiles(project)), ...(await settingsGaps(project))]
  const orGap = async <T>(what: string, fix: string, reading: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await reading
    } catch (thrown) {
      files.push({ what: `${what}: ${messageOf(thrown).split('\n')[0]}`, fix })
      return otherwise
    }
  }
  const compile = 'Mend it, then compile with `npx tsc -b`.'
  const grader = `graders/${project.slug}`
  const rows = await orGap<readonly Row[]>(
    `${grader}/rubric.ts cannot be loaded`,
    compile,
    loadRubric(project).then(rubric => rubric.rows),
    [],
  )
  const mutants = await orGap<readonly Mutant[]>(
    `${grader}/mutants.ts cannot be loaded`,
    compile,
    loadMutants(project),
    [],
  )
  const bench = hasBench(project)
    ? await orGap(`${grader}/bench.ts cannot be loaded`, compile, loadBench(project), undefined)
    : undefined
  const checkFiles = await listCheckFiles(project)
  for (const file of checkFiles) {
    if (rows.some(row => file === `${row.id}.check.js`)) continue
    files.push({
      what: `${grader}/${file.replace(/\.js$/, '.ts')} is named after no row of the rubric`,
      fix: 'Rename it, or delete its leftover in dist.',
    })
  }
  const checks = await orGap(
    `the checks in ${grader} cannot be read`,
    compile,
    runner.list(checkFiles.map(file => path.join(graderDir(project), file))),
    [],
  )
  const sources = new Map<string, string>()
  for (const { file } of [...mutants, ...(bench?.slow ?? [])]) {
    const text = await readFile(path.join(referenceDir(project), file), 'utf8').catch(() => undefined)
    if (text !== undefined) sources.set(file, text)
  }
  const brief = await readFile(briefFile(project), 'utf8').catch(() => '')
  return { slug: project.slug, brief, rows, checkFiles, checks, mutants, bench, sources, files }
}

async function missingFiles(project: Project): Promise<readonly Gap[]> {
  const root = path.relative(packageRoot, templateDir(project))
  const wanted = [
    [referenceMain(project), `projects/${project.slug}/main.ts, compiled`],
    [path.join(graderDir(project), 'rubric.js'), `graders/${project.slug}/rubric.ts, compiled`],
    [briefFile(project), `${root}/BRIEF.md`],
    [path.join(templateDir(project), settingsFile), `${root}/${settingsFile}`],
    [path.join(templateDir(project), 'package.json'), `${root}/package.json`],
  ] as const
  const gaps: Gap[] = wanted
    .filter(([file]) => !existsSync(file))
    .map(([, name]) => ({ what: `there is no ${name}`, fix: 'Add it, then compile with `npx tsc -b`.' }))
  const sources = await readdir(path.join(templateDir(project), 'src')).catch(() => [])
  if (sources.length === 0)
    gaps.push({ what: `${root}/src has no file`, fix: 'Add a starter that runs and earns little.' })
  if (project.variants.length === 0) {
    gaps.push({
      what: `the catalog names no variant of ${project.slug}`,
      fix: 'Give `variants` at least `[{}]`: each is graded once.',
    })
  }
  return gaps
}

async function settingsGaps(project: Project): Promise<readonly Gap[]> {
  const file = path.join(templateDir(project), settingsFile)
  if (!existsSync(file)) return []
  const fix = `Write \`project: ${project.id}\` and the start command.`
  try {
    const settings = await readWorkspace(templateDir(project))
    if (settings.project.slug === project.slug) return []
    return [{ what: `the starter's ${settingsFile} names ${settings.project.id}`, fix }]
  } catch (thrown) {
    return [{ what: messageOf(thrown), fix }]
  }
}
