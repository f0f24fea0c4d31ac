import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Project } from '../../../../projects/catalog.js'
import { referenceDir, referenceMain } from '../../project-files.js'
import { compileApart } from '../compile-apart.js'
import { projectsDir } from '../proofs.js'
import type { Mutation } from './mutations.js'
import type { Place } from './panel.js'

/** A mutant that compiles, and where it differs from the reference. */
export interface PlantableMutation {
  readonly mutation: Mutation
  readonly js: string
  readonly place: Place
}

interface CompileOptions {
  readonly signal: AbortSignal
  /** Stop when so many compile. */
  readonly enough: number
}

// All in one program would need memory for a thousand files.
const atOnce = 120

/** The mutants that compile, from the first on, and how many of those looked at do not. */
export async function compileMutations(
  project: Project,
  mutations: readonly Mutation[],
  { enough, signal }: CompileOptions,
): Promise<{ readonly plantable: readonly PlantableMutation[]; readonly rejected: number }> {
  const compiledDir = path.dirname(referenceMain(project))
  const plantable: PlantableMutation[] = []
  let rejected = 0
  const step = Math.min(atOnce, enough)
  for (let from = 0; from < mutations.length && plantable.length < enough; from += step) {
    const some = mutations.slice(from, from + step)
    const edits = some.map(({ file, text }) => ({ file: path.join(referenceDir(project), file), text }))
    const compiled = await compileApart(projectsDir, project.slug, edits, signal)
    for (const [n, mutation] of some.entries()) {
      const result = compiled[n]
      const file = mutation.file.replace(/\.ts$/, '.js')
      const offset =
        result && 'js' in result
          ? firstDifference(result.js, await readFile(path.join(compiledDir, file), 'utf8'))
          : undefined
      if (result && 'js' in result && offset !== undefined)
        plantable.push({ mutation, js: result.js, place: { file, offset } })
      else rejected += 1
    }
  }
  return { plantable: plantable.slice(0, enough), rejected }
}

/** Where the mutant's text leaves the reference's; undefined when it does not. */
function firstDifference(mutated: string, compiled: string): number | undefined {
  const original = compiled.replace(/\/\/# sourceMappingURL=\S+\s*$/, '')
  if (original === mutated) return undefined
  let at = 0
  while (mutated[at] === original[at]) at += 1
  return at
}
