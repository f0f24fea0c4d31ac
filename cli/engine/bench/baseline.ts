import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { BepError } from '../../../fixtures/bep-error.js'
import type { BenchReport } from './report.js'

const interval = z.object({ median: z.number(), low: z.number(), high: z.number() })
const schema = z.object({
  version: z.literal(1),
  bep: z.string(),
  project: z.string(),
  savedAt: z.string(),
  /** Ratio to the reference, by id of the scenario. */
  ratios: z.record(z.string(), interval),
})

/** The ratios of an earlier benchmark, to hold later ones against. */
export type Baseline = z.infer<typeof schema>

/** A scenario that became slower than it was. */
export interface Regression {
  readonly title: string
  readonly message: string
}

/** The ratios of the scenarios that count. Throws BASELINE_UNFIT when one could not be measured. */
export function baselineOf({ bep, project, startedAt, scenarios, problem }: BenchReport): Baseline {
  if (problem) throw unfit(problem.message)
  const ratios: Baseline['ratios'] = {}
  for (const { id, title, weight, verdict, ratio, reason = '' } of scenarios) {
    if (weight === 0) continue
    if (!ratio || verdict === 'error') throw unfit(`${title}: ${reason}`)
    ratios[id] = ratio
  }
  return { version: 1, bep, project, savedAt: startedAt, ratios }
}

const unfit = (why: string) =>
  new BepError('BASELINE_UNFIT', `this run is no baseline: ${why}`, {
    fix: 'Mend that, or run it again on a machine that does nothing else.',
  })

/**
 * Reads a baseline of this project.
 * @throws BepError BASELINE_UNREADABLE with the file and what is wrong with it.
 */
export async function readBaseline(file: string, project: string): Promise<Baseline> {
  const unreadable = (what: string, cause?: unknown) =>
    new BepError('BASELINE_UNREADABLE', `${file} ${what}`, {
      fix: 'Make it with `bep bench --save-baseline FILE`.',
      cause,
    })
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(`cannot be read (${cause.code})`, cause)
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw unreadable('is no JSON', cause)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw unreadable(`is no baseline: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`)
  }
  if (parsed.data.project !== project)
    throw unreadable(`is a baseline of ${parsed.data.project}, not of ${project}`)
  return parsed.data
}

/**
 * The scenarios whose whole interval lies below that of the baseline: two runs of the same server overlap, even
 * where their medians differ. One that was not measured, or answered wrong, counts as slower.
 */
export function regressions(
  { ratios }: Baseline,
  { scenarios, problem }: BenchReport,
): readonly Regression[] {
  if (problem) return [{ title: 'the whole', message: problem.message }]
  return Object.entries(ratios).flatMap(([id, before]) => {
    const now = scenarios.find(scenario => scenario.id === id)
    const title = now?.title ?? id
    if (!now?.ratio) return [{ title, message: now?.reason ?? 'it is not measured any more' }]
    const { ratio, verdict } = now
    if (verdict === 'error' || ratio.high >= before.low) return []
    const message = `${shown(ratio)} of the reference's rate, and ${shown(before)} in the baseline`
    return [{ title, message }]
  })
}

const shown = ({ median, low, high }: Baseline['ratios'][string]) =>
  `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
