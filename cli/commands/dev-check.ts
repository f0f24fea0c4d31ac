import { catalog } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { getProject } from '../engine/find-project.js'
import { checkLedger } from '../engine/verify/check-ledger.js'
import { ledgerReport } from '../ui/verify-report.js'

export interface DevCheckOptions {
  /** All projects when none is named. */
  readonly projects: readonly string[]
  readonly json?: boolean
}

export async function run(options: DevCheckOptions, { out, colors }: CliContext): Promise<ExitCode> {
  const projects = options.projects.length === 0 ? catalog : options.projects.map(name => getProject(name))
  const checked = []
  for (const { id, ...project } of projects)
    checked.push({ project: id, cases: await checkLedger({ id, ...project }) })
  if (options.json) out(`${JSON.stringify(checked, null, 2)}\n`)
  else for (const { project, cases } of checked) out(ledgerReport(project, cases, colors))
  return checked.every(({ cases }) => cases.every(({ passed }) => passed)) ? 0 : 1
}
