import type { CliContext, ExitCode } from '../context.js'
import { examine } from '../engine/doctor.js'
import { withSession } from '../engine/session.js'
import { openStatusLine } from '../ui/status-line.js'
import { printable } from '../ui/terminal-text.js'

interface DoctorOptions {
  readonly fix?: boolean
  readonly json?: boolean
}

export async function run({ fix, json }: DoctorOptions, context: CliContext): Promise<ExitCode> {
  const { env, out, colors } = context
  const status = openStatusLine(context)
  const findings = await withSession(env, session =>
    examine({
      ...session,
      env,
      fix: fix === true,
      onLine: line => status.set(printable(line)),
    }),
  ).finally(() => status.clear())
  if (json) out(`${JSON.stringify(findings, null, 2)}\n`)
  else {
    const marks = { ok: colors.green('✓'), warning: colors.yellow('!'), broken: colors.red('✗') }
    for (const { about, state, found, fix: mend } of findings) {
      out(`${marks[state]} ${about.padEnd(15)} ${printable(found)}\n`)
      if (mend !== undefined) out(`  ${colors.bold('Fix:')} ${mend}\n`)
    }
  }
  return findings.some(({ state }) => state === 'broken') ? 2 : 0
}
