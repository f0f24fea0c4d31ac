import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { startChecksRunner } from '../checks-runner.js'
import { settingsFrom } from '../grader.js'
import { packageVersion } from '../project-files.js'
import { withSession } from '../session.js'
import { type ServicesSetting, startServices } from '../stack.js'
import { getWorkspace, settingsFile, type Workspace } from '../workspace.js'
import { prepare, sweptNotice } from '../workspace-grading.js'
import type { CoverageReport, Thresholds } from './report.js'
import { coverByGrader, coverByTests } from './workspace-coverage.js'

interface CoverageOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Somebody is at the terminal. */
  readonly interactive: boolean
  readonly provider: ServicesSetting
  readonly signal: AbortSignal
  /** Which halves to run. */
  readonly halves: { readonly tests: boolean; readonly grader: boolean }
  /** Instead of the workspace's own thresholds. */
  readonly threshold?: number | undefined
  readonly seed?: number | undefined
  /** The folder below which HTML reports go; default `coverage` in the workspace. */
  readonly html?: string | undefined
  readonly onStep: (text: string) => void
  readonly onNotice: (line: string) => void
  /** What the test command prints. */
  readonly onOutput: (text: string) => void
}

/** Measures what the workspace's own tests reach of it, and what the grader reaches. */
export async function coverWorkspace(options: CoverageOptions): Promise<CoverageReport> {
  const { cwd, env, interactive, provider, signal, halves, threshold, seed, onStep, onNotice } = options
  const workspace = await getWorkspace(cwd)
  const { project, dir } = workspace
  const thresholds: Thresholds =
    threshold === undefined
      ? workspace.coverage
      : { lines: threshold, branches: threshold, functions: threshold }
  const command = halves.tests ? testCommandOf(workspace) : undefined
  const html = options.html === undefined ? path.join(dir, 'coverage') : path.resolve(cwd, options.html)
  return withSession(env, async ({ home, run, swept }) => {
    if (swept.length > 0) onNotice(sweptNotice(swept.length))
    onStep('starting services')
    const settings = { home, run, provider, onNotice, ...settingsFrom(env, interactive) }
    const services = await startServices(project, settings)
    try {
      await prepare(workspace, { env, run, signal, onStep })
      const common = { run, services, env, signal }
      let report: Pick<CoverageReport, 'tests' | 'grader'> = {}
      if (command !== undefined) {
        onStep(`testing: ${command}`)
        const { onOutput } = options
        const own = { command, thresholds, html: path.join(html, 'tests'), onOutput }
        report = { tests: await coverByTests(workspace, { ...common, ...own }) }
      }
      if (halves.grader) {
        onStep('starting your server')
        const runner = await startChecksRunner()
        try {
          const onCheck = (row: string, check: string) => onStep(`${row}: ${check}`)
          const own = { runner, seed, html: path.join(html, 'grader'), onCheck }
          report = { ...report, grader: await coverByGrader(workspace, { ...common, ...own }) }
        } finally {
          await runner.stop()
        }
      }
      const { tests, grader } = report
      return {
        version: 1,
        bep: await packageVersion(),
        project: project.id,
        workspace: dir,
        thresholds,
        services: { ...services.origins },
        passed: tests?.failure === undefined && !tests?.below.length && grader?.problem === undefined,
        ...report,
      }
    } finally {
      await services.stop()
    }
  })
}

function testCommandOf({ dir, test }: Workspace): string {
  if (test !== undefined) return test
  throw new BepError(
    'NO_TEST_COMMAND',
    `${path.join(dir, settingsFile)} has no \`test\` command to measure`,
    {
      fix: 'Add a line such as `test: npm test` to it, or measure the grader alone with `bep coverage --grader`.',
    },
  )
}
