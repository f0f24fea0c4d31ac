import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import getPort from 'get-port'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import type { SentRequest } from '../../../graders/kit/run-context.js'
import type { ChecksRunner } from '../checks-runner.js'
import { gradeApp } from '../grade.js'
import { newSeed } from '../grader.js'
import { briefFile } from '../project-files.js'
import type { StartedServices } from '../stack.js'
import type { Workspace } from '../workspace.js'
import { runWorkspaceCommand } from '../workspace-command.js'
import { belowThreshold } from './figures.js'
import { type Measured, measure } from './measure.js'
import { openRecording, type Recording } from './recording.js'
import type { Coverage, GraderCoverage, TestsCoverage, Thresholds } from './report.js'
import { countRequests, routesOf } from './routes.js'
import { isCode, listSources } from './source-files.js'

interface HalfOptions {
  readonly run: Run
  readonly services: StartedServices
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** The folder for the HTML report. */
  readonly html: string
}

const testsLimitMs = 15 * 60_000
/** A server that the tests have left running gets the time of the contract. */
const testsGraceMs = 10_000

/** Runs the workspace's tests on services of their own, and measures what they reach. */
export async function coverByTests(
  workspace: Workspace,
  options: HalfOptions & {
    readonly command: string
    readonly thresholds: Thresholds
    readonly onOutput: (text: string) => void
  },
): Promise<TestsCoverage> {
  const { command, run, services, env, signal, thresholds, html, onOutput } = options
  const recording = await openRecording(path.join(run.dir, 'tests'), workspace.dir)
  const stack = await services.openStack()
  let failure: string | undefined
  try {
    const ran = await runWorkspaceCommand({
      command,
      cwd: workspace.dir,
      env: {
        ...stack.env,
        PORT: String(await getPort({ host: '127.0.0.1' })),
        NODE_ENV: 'test',
        ...recording.env,
      },
      inherited: env,
      run,
      limitMs: testsLimitMs,
      graceMs: testsGraceMs,
      onOutput,
      signal,
    })
    failure = ran.failure
  } finally {
    await stack.stop()
  }
  if (services.failure !== undefined) throw serviceGone(services.failure)
  const measured = await measureWorkspace(recording, workspace, path.join(run.dir, 'tests-work'))
  const nothingRan = `no JavaScript ran under the test command \`${command}\``
  const common = { command, ...(failure !== undefined && { failure }) }
  if (measured.files.length === 0) {
    const unmeasured = `${nothingRan}: lines are measured for Node.js alone`
    return { ...common, unmeasured, below: [], notices: measured.notices }
  }
  return {
    ...common,
    coverage: await withHtml(measured, html),
    below: belowThreshold(measured.totals, thresholds),
    notices: [...(measured.ran ? [] : [nothingRan]), ...measured.notices],
  }
}

/** Grades the workspace, and measures which of its lines and which routes of the brief the checks reach. */
export async function coverByGrader(
  workspace: Workspace,
  options: HalfOptions & {
    readonly runner: ChecksRunner
    readonly seed: number | undefined
    readonly onCheck: (row: string, check: string) => void
  },
): Promise<GraderCoverage> {
  const { run, services, env, signal, html, runner, seed = newSeed(), onCheck } = options
  const { project, dir, start } = workspace
  const recording = await openRecording(path.join(run.dir, 'grader'), dir)
  const requests: SentRequest[] = []
  const results = await gradeApp(
    { project, dir, command: start, settings: recording.env },
    {
      run,
      services,
      runner,
      inherited: env,
      signal,
      seed,
      onCheck: (row, { title }) => onCheck(row.id, title),
      onRequests: sent => requests.push(...sent),
    },
  )
  if (services.failure !== undefined) throw serviceGone(services.failure)
  const measured = await measureWorkspace(recording, workspace, path.join(run.dir, 'grader-work'))
  return {
    earned: results.earned,
    possible: results.possible,
    ...(results.problem && { problem: results.problem }),
    ...(measured.ran
      ? { coverage: await withHtml(measured, html) }
      : { unmeasured: 'no JavaScript ran in your server: lines are measured for Node.js alone' }),
    ...countRequests(routesOf(await readFile(briefFile(project), 'utf8')), requests),
    notices: measured.notices,
  }
}

async function measureWorkspace(recording: Recording, workspace: Workspace, dir: string): Promise<Measured> {
  const root = await realpath(workspace.dir)
  return measure(recording, { root, dir, sources: await listSources(root), counts: isCode })
}

async function withHtml({ files, totals, writeHtml }: Measured, dir: string): Promise<Coverage> {
  return { totals, files, html: await writeHtml(dir) }
}

const serviceGone = (failure: string) =>
  new BepError('SERVICE_GONE', failure, {
    fix: 'Run the command again; `bep doctor` looks for the cause.',
  })
