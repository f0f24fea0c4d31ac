import { catalog } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { folderOf } from '../engine/find-project.js'

interface ListOptions {
  readonly json?: boolean
}

export async function run({ json }: ListOptions, { out, colors }: CliContext): Promise<ExitCode> {
  if (json) {
    out(
      `${JSON.stringify(
        catalog.map(({ id, slug, title, phase, topics, services, preview = false }) => ({
          id,
          slug,
          title,
          phase,
          topics,
          services,
          preview,
        })),
        null,
        2,
      )}\n`,
    )
    return 0
  }
  let phase = ''
  for (const project of catalog) {
    if (project.phase !== phase) out(`${colors.bold(project.phase)}\n`)
    phase = project.phase
    out(
      `  ${colors.cyan(project.id.padEnd(11))} ${folderOf(project).padEnd(18)} ${project.title} ${colors.dim(`· ${project.services.join(', ')}`)}${project.preview ? colors.yellow(' · preview') : ''}\n`,
    )
  }
  if (catalog.some(({ preview }) => preview))
    out(colors.dim('\npreview: the grader is not yet proven by its planted bugs\n'))
  out(`\nBegin with \`bep start ${catalog[0].id}\`; \`bep progress\` shows what you have earned.\n`)
  return 0
}
