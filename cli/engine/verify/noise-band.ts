import type { Project } from '../../../projects/catalog.js'
import { type BenchSubject, benchApp } from '../bench/bench.js'
import type { Windows } from '../bench/measure.js'
import type { BenchReport, ScenarioReport } from '../bench/report.js'
import { settingsFrom } from '../grader.js'
import { type ServicesOptions, startServices } from '../stack.js'
import type { VerifiedCase } from './report.js'

export interface BenchProofContext extends Pick<ServicesOptions, 'home' | 'run' | 'provider' | 'onNotice'> {
  readonly env: NodeJS.ProcessEnv
  readonly seed: number
  readonly signal: AbortSignal
  readonly windows?: Windows | undefined
}

/** Measures an app on services of its own; without one, the reference against itself. */
export async function benchAlone(
  project: Project,
  subject: BenchSubject | undefined,
  { windows, seed, signal, ...context }: BenchProofContext,
): Promise<BenchReport> {
  const services = await startServices(project, { ...context, ...settingsFrom(context.env) })
  try {
    const options = { services, run: context.run, inherited: context.env, seed, signal, windows }
    return await benchApp(project, subject, options)
  } finally {
    await services.stop()
  }
}

/** The reference against itself, a case for each scenario: its interval must be around 1 and narrow. */
export async function proveNoiseBand(
  project: Project,
  context: BenchProofContext,
): Promise<readonly VerifiedCase[]> {
  const { scenarios } = await benchAlone(project, undefined, context)
  return scenarios.filter(({ weight }) => weight > 0).map(judgeNoise)
}

function judgeNoise({ id, verdict, noise, reason }: ScenarioReport): VerifiedCase {
  const outcome = noise ? `${noise.low.toFixed(2)} to ${noise.high.toFixed(2)}` : 'not measured'
  if (verdict === 'pass') return { name: id, passed: true, outcome }
  return { name: id, passed: false, outcome, problem: reason ?? 'the reference does not earn all points' }
}
