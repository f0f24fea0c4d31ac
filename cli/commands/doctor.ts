import type { CliContext, ExitCode } from '../context.js'
import { examine } from '../engine/doctor.js'
import { withSession } from '../engine/session.js'
import { printable } from '../ui/terminal-text.js'

interface DoctorOptions {
  readonly json?: boolean
}

export async function run({ json }: DoctorOptions, { env, out, colors }: CliContext): Promise<ExitCode> {
  const findings = await withSession(env, session => examine({ ...session, env }))
  if (json) out(`${JSON.stringify(findings, null, 2)}\n`)
  else {
    const marks = { ok: colors.green('✓'), warning: colors.yellow('!'), broken: colors.red('✗') }
    for (const { about, state, found, fix } of findings) {
      out(`${marks[state]} ${about.padEnd(15)} ${printable(found)}\n`)
      if (fix !== undefined) out(`  ${colors.bold('Fix:')} ${fix}\n`)
    }
  }
  return findings.some(({ state }) => state === 'broken') ? 2 : 0
}
