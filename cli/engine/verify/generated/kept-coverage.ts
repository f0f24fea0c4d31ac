import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Row } from '../../../../graders/kit/rubric.js'
import type { Project } from '../../../../projects/catalog.js'
import { checkFile, graderDir, packageRoot, referenceMain } from '../../project-files.js'
import type { FileCoverage } from './reach.js'

/** What a row's checks made run of the unchanged reference, which passed them. */
export interface RowCoverage {
  readonly coverage: readonly FileCoverage[]
  /** How long the checks took. */
  readonly durationMs: number
}

/** Measured coverage, kept as long as neither the reference nor the row's checks change. */
export interface KeptCoverage {
  find(row: Row, settings: Readonly<Record<string, string>>): Promise<RowCoverage | undefined>
  keep(row: Row, settings: Readonly<Record<string, string>>, measured: RowCoverage): Promise<void>
}

/** Opens what is kept for a project in bep's home. */
export async function openKeptCoverage(home: string, project: Project): Promise<KeptCoverage> {
  const dir = path.join(home, 'cache', 'coverage', project.slug)
  const reference = path.dirname(referenceMain(project))
  const kit = path.join(graderDir(project), '..', 'kit')
  const common = await filesOf(reference, path.join(reference, '..', 'shared'), kit, graderDir(project))
  const fileOf = (row: Row, settings: object) =>
    path.join(dir, `${[row.id, ...Object.values(settings)].join('-')}.json`)
  const keyOf = async (row: Row) => {
    const hash = createHash('sha256')
    for (const file of [...common.filter(name => !name.endsWith('.check.js')), checkFile(project, row)])
      if (existsSync(file)) hash.update(path.relative(packageRoot, file)).update(await readFile(file))
    return hash.digest('hex')
  }
  return {
    async find(row, settings) {
      const text = await readFile(fileOf(row, settings), 'utf8').catch(() => undefined)
      if (text === undefined) return undefined
      const { key, ...measured } = JSON.parse(text) as RowCoverage & { readonly key: string }
      return key === (await keyOf(row)) ? measured : undefined
    },
    async keep(row, settings, measured) {
      await mkdir(dir, { recursive: true })
      await writeFileAtomic(fileOf(row, settings), JSON.stringify({ key: await keyOf(row), ...measured }))
    },
  }
}

/** The JavaScript files below these folders, in one order. */
async function filesOf(...dirs: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    dirs.map(async dir => (await readdir(dir, { recursive: true })).map(name => path.join(dir, name))),
  )
  return found
    .flat()
    .filter(name => name.endsWith('.js'))
    .sort()
}
