import type { CliContext, ExitCode } from '../context.js'
import { coverWorkspace } from '../engine/coverage/coverage.js'
import type { ServicesSetting } from '../engine/stack.js'
import { coverageReport } from '../ui/coverage-report.js'
import { openStatusLine } from '../ui/status-line.js'

interface CoverageOptions {
  readonly tests?: boolean
  readonly grader?: boolean
  readonly threshold?: number
  readonly html?: string
  readonly seed?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: CoverageOptions, context: CliContext): Promise<ExitCode> {
  const { cwd, env, interactive, signal, out, note, colors } = context
  const { tests, grader, threshold, html, seed, services } = options
  const status = openStatusLine(context)
  const report = await coverWorkspace({
    cwd,
    env,
    interactive,
    signal,
    provider: services,
    halves: { tests: tests === true || !grader, grader: grader === true || !tests },
    threshold,
    html,
    seed,
    onStep: text => status.set(text),
    onNotice: line => {
      status.clear()
      note(`${colors.dim(line)}\n`)
    },
    onOutput: text => {
      status.clear()
      note(text)
    },
  }).finally(() => status.clear())
  out(options.json ? `${JSON.stringify(report, null, 2)}\n` : coverageReport(report, { cwd, colors }))
  if (report.grader?.problem) return 2
  return report.passed ? 0 : 1
}
