import { readFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'
import type { Project } from '../../../../projects/catalog.js'
import { referenceDir } from '../../project-files.js'
import { type Mutation, mutationsOf } from './mutations.js'

/**
 * All mutants of a reference: of `main.ts` and what it imports from its own folder, file by file in the order of
 * their names. A script that stands beside the server is none of it.
 */
export async function generateMutations(project: Project): Promise<readonly Mutation[]> {
  const dir = referenceDir(project)
  const texts = new Map<string, string>()
  const read = async (file: string): Promise<void> => {
    if (texts.has(file) || file.startsWith('..')) return
    const text = await readFile(path.join(dir, file), 'utf8')
    texts.set(file, text)
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith('.')) continue
      await read(path.posix.join(path.posix.dirname(file), fileName.replace(/\.js$/, '.ts')))
    }
  }
  await read('main.ts')
  return [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([file, text]) => mutationsOf(file, text))
}
