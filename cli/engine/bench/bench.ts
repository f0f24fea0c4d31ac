import { availableParallelism, loadavg } from 'node:os'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import { type Bench, BenchFault } from '../../../graders/kit/bench.js'
import { randomFor } from '../../../graders/kit/random.js'
import type { Project } from '../../../projects/catalog.js'
import { isAppProblem, type Subject } from '../checks-run.js'
import { loadBench, packageVersion } from '../project-files.js'
import type { StartedServices, StartedStack } from '../stack.js'
import { referenceSubject } from '../verify/subjects.js'
import { prepareApp, prepareTemplate } from './bench-app.js'
import { measureScenario, type Windows } from './measure.js'
import type { BenchReport, ComparisonReport, ScenarioReport } from './report.js'
import { writeSeedFiles } from './seed-files.js'

const defaultWindows: Windows = { warmUpMs: 1_500, windowMs: 600, least: 8, most: 32 }

export interface BenchOptions {
  readonly services: StartedServices
  readonly run: Run
  readonly inherited: NodeJS.ProcessEnv
  readonly seed: number
  readonly signal: AbortSignal
  readonly windows?: Windows | undefined
  readonly onStep?: (text: string) => void
}

/** The app to measure; an edit of the reference takes the reference's bulk data. */
export interface BenchSubject extends Subject {
  readonly hasReferenceTables?: boolean
}

/**
 * Measures an app against the reference of its project; without one, the reference against itself. An app that
 * does not start, does not take the data or answers wrong gives a report without points; only bep's own
 * failures and those of a service are thrown.
 */
export async function benchApp(
  project: Project,
  subject: BenchSubject | undefined,
  options: BenchOptions,
): Promise<BenchReport> {
  const { services, run, seed, signal, onStep = () => undefined } = options
  const began = new Date()
  const machine = { cpus: availableParallelism(), loadBefore: loadavg()[0] ?? 0 }
  const bench = await loadBench(project)
  const scenarios: ScenarioReport[] = []
  const stopping: (() => Promise<void>)[] = []
  let problem: BenchReport['problem']
  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    stopping.push(started.stop)
    return started
  }
  try {
    const bulk = await makeBulkData(bench, path.join(run.dir, `seed-${seed}`), seed)
    const common = { services, run, inherited: options.inherited, signal, randomSeed: seed, bulk }
    const prepareSubject = async (prepared: BenchSubject, copyOf?: StartedStack) => {
      onStep('starting your server and filling it with data')
      return keep(await prepareApp(prepared, bench, { ...common, copyOf }))
    }
    // First of all: without it, there is nothing to measure.
    let app = subject && !subject.hasReferenceTables ? await prepareSubject(subject) : undefined
    onStep('filling the reference with data')
    const ours = referenceSubject(project)
    const template = bulk && keep(await prepareTemplate(ours, bulk.dir, common).catch(referenceFault))
    if (subject?.hasReferenceTables) app = await prepareSubject(subject, template)
    const prepareOurs = async () =>
      keep(await prepareApp(ours, bench, { ...common, copyOf: template }).catch(referenceFault))
    const contestants = { reference: await prepareOurs(), control: await prepareOurs(), app }
    for (const [n, scenario] of bench.scenarios.entries()) {
      const name = `measuring ${n + 1} of ${bench.scenarios.length}, ${scenario.title}`
      onStep(name)
      scenarios.push(
        await measureScenario(scenario, contestants, {
          windows: options.windows ?? defaultWindows,
          randomSeed: seed,
          signal,
          onPair: (done, most) => onStep(`${name}: ${done} of at most ${most} pairs of windows`),
        }),
      )
    }
  } catch (thrown) {
    if (services.failure !== undefined) throw serviceGone(services.failure)
    problem = problemOf(thrown)
  } finally {
    for (const stop of stopping.reverse()) await stop()
  }
  if (services.failure !== undefined) throw serviceGone(services.failure)
  return {
    version: 1,
    bep: await packageVersion(),
    project: project.id,
    workspace: subject?.dir ?? null,
    startedAt: began.toISOString(),
    durationMs: Date.now() - began.getTime(),
    seed,
    services: { ...services.origins },
    machine,
    ...(problem ? { verdict: 'fail', share: 0, problem } : judge(scenarios)),
    scenarios,
    comparisons: compare(bench, scenarios),
  }
}

/** The bulk data of the benchmark and the folder with its files; undefined where it has none. */
async function makeBulkData({ seed: maker }: Bench, dir: string, seed: number) {
  if (!maker) return undefined
  const data = maker.make(randomFor(seed, 'bulk data'))
  await writeSeedFiles(dir, maker.tables(data))
  return { data, dir }
}

function referenceFault(thrown: unknown): never {
  if (!(thrown instanceof BenchFault) && !isAppProblem(thrown)) throw thrown
  throw new BepError('BENCH_BROKEN', `the reference cannot be measured: ${thrown.message}`, {
    fix: 'Run `bep verify`; if the reference earns 100, report this as a bug of bep.',
    cause: thrown,
  })
}

function problemOf(thrown: unknown): BenchReport['problem'] {
  if (thrown instanceof BenchFault) return { code: 'BENCH_FAULT', message: thrown.message }
  if (!isAppProblem(thrown)) throw thrown
  const { code, message, fix } = thrown
  return { code, message, ...(fix !== undefined && { fix }) }
}

/** The verdict on all scenarios: one that could not be judged leaves the whole open. */
function judge(scenarios: readonly ScenarioReport[]): Pick<BenchReport, 'verdict' | 'share'> {
  const scored = scenarios.filter(({ weight }) => weight > 0)
  if (scored.some(({ verdict }) => verdict === 'error')) return { verdict: 'error' }
  const total = scored.reduce((sum, { weight }) => sum + weight, 0)
  const share = scored.reduce((sum, one) => sum + one.share * one.weight, 0) / total
  return { verdict: scored.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'fail', share }
}

function compare(bench: Bench, scenarios: readonly ScenarioReport[]): readonly ComparisonReport[] {
  const rates = (id: string) => scenarios.find(scenario => scenario.id === id)
  return (bench.comparisons ?? []).flatMap(({ title, fast, slow }) => {
    const [above, below] = [rates(fast), rates(slow)]
    if (!above?.app || !above.reference || !below?.app || !below.reference) return []
    return [
      {
        title,
        app: above.app.perSecond / below.app.perSecond,
        reference: above.reference.perSecond / below.reference.perSecond,
      },
    ]
  })
}

const serviceGone = (failure: string) =>
  new BepError('SERVICE_GONE', failure, { fix: 'Run the command again; `bep doctor` looks for the cause.' })
