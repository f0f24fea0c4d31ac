import type { CliContext, ExitCode } from '../context.js'
import { packageRoot } from '../engine/project-files.js'
import { makeSkeleton } from '../engine/skeleton.js'

export interface DevNewOptions {
  readonly slug: string
  readonly title?: string
  readonly json?: boolean
}

export async function run({ slug, title, json }: DevNewOptions, { out }: CliContext): Promise<ExitCode> {
  const { id, files } = await makeSkeleton(packageRoot, { slug, ...(title !== undefined && { title }) })
  if (json) out(`${JSON.stringify({ id, files }, null, 2)}\n`)
  else {
    out(`${files.map(file => `  ${file}\n`).join('')}\n`)
    out(`Next: npx tsc -b && npx bep dev check ${id}\n`)
  }
  return 0
}
