import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Mutant } from '../../../graders/kit/rubric.js'
import type { Project } from '../../../projects/catalog.js'
import type { Subject } from '../checks-run.js'
import { packageRoot, referenceDir } from '../project-files.js'
import type { Results } from '../results.js'
import { nodeCommand } from './command.js'
import { failedChecks, type GradedCase, problemOf } from './graded.js'
import { linkNodeModules } from './node-modules.js'
import type { Compiled, EditedFile } from './reference-compiler.js'
import type { VerifiedCase } from './report.js'

/** The part of a mutant that says where it is planted. */
type Edit = Pick<Mutant, 'file' | 'find' | 'replace'>

/** The text with the edit made; undefined unless `find` is there exactly once and is changed. */
export function applyEdit(text: string, { find, replace }: Omit<Edit, 'file'>): string | undefined {
  const [before, after, ...more] = text.split(find)
  if (before === undefined || after === undefined || more.length > 0 || find === replace) return undefined
  return before + replace + after
}

interface PlantedBugsOptions {
  readonly project: Project
  /** A folder of the run's own. */
  readonly dir: string
  readonly compile: (edits: readonly EditedFile[]) => Promise<readonly Compiled[]>
}

/**
 * Plants each mistake in a copy of the reference: when it is graded, the row that it names must fail, and no
 * other. What cannot be planted is a case that failed.
 */
export async function plantBugs(
  mutants: readonly Mutant[],
  { project, dir, compile }: PlantedBugsOptions,
): Promise<readonly (GradedCase | VerifiedCase)[]> {
  const modules = await linkNodeModules(dir)
  const edited = await Promise.all(mutants.map(mutant => edit(project, mutant)))
  const code = edited.filter(one => 'text' in one && one.file.endsWith('.ts')) as EditedFile[]
  const compiled = new Map((await compile(code)).map((result, n) => [code[n], result]))
  return Promise.all(
    mutants.map(async (mutant, n) => {
      const one = edited[n]
      const result = one && 'text' in one ? (compiled.get(one) ?? { document: one.text }) : one
      if (!result || 'errors' in result)
        return rejected(mutant, 'not planted', result?.errors.join('\n') ?? '')
      return {
        name: mutant.id,
        subject: await plant(project, mutant, path.join(modules, mutant.id), result),
        judge: results => judge(mutant, results),
      }
    }),
  )
}

async function edit(
  project: Project,
  mutant: Mutant,
): Promise<EditedFile | { readonly errors: readonly string[] }> {
  const file = path.join(referenceDir(project), mutant.file)
  const original = await readFile(file, 'utf8').catch(() => undefined)
  if (original === undefined) return { errors: [`there is no file projects/${project.slug}/${mutant.file}`] }
  const text = applyEdit(original, mutant)
  if (text !== undefined) return { file, text }
  return { errors: [`\`find\` must occur exactly once in ${mutant.file}, and differ from \`replace\``] }
}

/** Copies the reference with the edit in place into `dir`. */
export async function plant(
  project: Project,
  mutant: Pick<Mutant, 'file' | 'variant'>,
  dir: string,
  edited: { readonly js: string } | { readonly document: string },
): Promise<Subject> {
  const dist = path.join(packageRoot, 'dist', 'projects')
  for (const part of [project.slug, 'shared'])
    await cp(path.join(dist, part), path.join(dir, 'projects', part), { recursive: true })
  // Node must take the copies for ES modules, as it takes the originals.
  await writeFile(path.join(dir, 'package.json'), '{ "type": "module" }\n')
  // Documents are read from the folder that is graded.
  const graded = path.join(dir, 'graded')
  await cp(path.join(referenceDir(project), 'docs'), path.join(graded, 'docs'), { recursive: true })
  const compiledDir = path.join(dir, 'projects', project.slug)
  if ('js' in edited) await writeFile(path.join(compiledDir, mutant.file.replace(/\.ts$/, '.js')), edited.js)
  else await writeFile(path.join(graded, mutant.file), edited.document)
  return {
    project,
    dir: graded,
    command: nodeCommand(path.join(compiledDir, 'main.js')),
    settings: mutant.variant ?? project.variants[0] ?? {},
  }
}

/** Holds the outcome of a mutant against what it says that it breaks. */
function judge(mutant: Mutant, results: Results): VerifiedCase {
  if (results.problem) return rejected(mutant, 'did not boot', problemOf(results) ?? '')
  const failed = failedChecks(results)
  const rows = results.rows.filter(row => row.verdict !== 'pass').map(row => row.id)
  const [only, ...neighbours] = [...rows].sort((a, b) => order(mutant, a) - order(mutant, b))
  if (only === undefined) {
    return rejected(mutant, 'survived', 'no check noticed it: strengthen a check of that row, or add one')
  }
  if (only !== mutant.breaks) {
    return rejected(mutant, 'missed its row', 'it failed other rows only', { failed })
  }
  if (neighbours.length > 0) {
    return rejected(mutant, `also broke ${neighbours.join(', ')}`, 'it must fail its own row alone', {
      failed: failed.filter(({ row }) => row !== mutant.breaks),
    })
  }
  return { name: mutant.id, passed: true, outcome: `caught by ${mutant.breaks}`, failed }
}

const order = (mutant: Mutant, row: string) => (row === mutant.breaks ? 0 : 1)

function rejected(
  mutant: Mutant,
  outcome: string,
  why: string,
  more: Pick<VerifiedCase, 'failed'> = {},
): VerifiedCase {
  const problem = `mutant \`${mutant.id}\` should cost the row \`${mutant.breaks}\`: ${why}`
  return { name: mutant.id, passed: false, outcome, problem, ...more }
}
