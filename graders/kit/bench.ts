import type { TappedService } from './evidence.js'
import type { Random } from './random.js'

/** An answer to a benchmark's request. */
export interface BenchAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed body; undefined when it is empty or not JSON. */
  readonly body: unknown
}

export interface BenchRequest {
  /** GET unless it says otherwise. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: object
}

/** A request of the load, with what is right for an answer. */
export interface LoadRequest extends BenchRequest {
  /** What is wrong with the answer, in a few words; undefined when it is right. */
  readonly fault: (answer: BenchAnswer) => string | undefined
}

/** The app does not do what the benchmark is about: the app's failure, not bep's. */
export class BenchFault extends Error {
  override readonly name = 'BenchFault'
}

/** One app in a benchmark. */
export interface BenchApp {
  send(request: BenchRequest): Promise<BenchAnswer>
  /** The parsed body of an answer with 2xx. Throws BenchFault. */
  ask(request: BenchRequest): Promise<unknown>
  /** An administrator's connection string to the app's part of each service, around the tap. */
  readonly adminUrls: Readonly<Partial<Record<TappedService, string>>>
  /** Secrets that the app was given, by the names of their variables. */
  readonly secrets: Readonly<Record<string, string>>
  /** Empties the app's Redis. */
  emptyRedis(): Promise<void>
  /** The same values for every app of a run. */
  readonly random: Random
}

/** What is measured: one kind of traffic. `Data` is what `prepare` has left in the app. */
export interface Scenario<Data> {
  readonly id: string
  readonly title: string
  /** Share of the row's points among the scenarios; 0 is measured and reported, and costs nobody points. */
  readonly weight: number
  /** Requests under way at a time. */
  readonly connections: number
  /** Before each window. */
  readonly before?: (app: BenchApp, data: Data) => Promise<void>
  /** The `n`th request of a window. All apps get the same random values. */
  readonly request: (data: Data, random: Random, n: number) => LoadRequest
  /** After each window: what is wrong with what the load has left behind. */
  readonly after?: (app: BenchApp, data: Data) => Promise<string | undefined>
}

/** A deliberately slow variant: a textual edit of the reference that must cost the performance row. */
export interface SlowVariant {
  readonly id: string
  /** Path inside the reference's folder. */
  readonly file: string
  /** Text that occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** The mistake in a learner's words. */
  readonly because: string
}

/** A table of `SEED_DIR`, written as `<name>.csv` with a line of column names. No value has a comma or quote. */
export interface SeedTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Two scenarios whose rates are set against each other in the report, such as cached against uncached. */
export interface Comparison {
  readonly title: string
  readonly fast: string
  readonly slow: string
}

/** The benchmark of a project. `Seed` is the bulk data, the same for every app of a run. */
export interface Bench<Data = unknown, Seed = unknown> {
  /** The sentence of BRIEF.md by which the points are given, verbatim. */
  readonly brief: string
  readonly hints: readonly [string, ...string[]]
  /** Bulk data, for apps whose workspace has a `seed` command; absent where `prepare` makes all of it. */
  readonly seed?: {
    readonly make: (random: Random) => Seed
    readonly tables: (seed: Seed) => readonly SeedTable[]
  }
  /** Makes what the requests need, by the app's own API. */
  readonly prepare: (app: BenchApp, seed: Seed) => Promise<Data>
  readonly scenarios: readonly Scenario<Data>[]
  readonly comparisons?: readonly Comparison[]
  readonly slow: readonly SlowVariant[]
}

/** Declares the benchmark of a project. */
export function defineBench<Data, Seed = undefined>(bench: Bench<Data, Seed>): Bench<Data, Seed> {
  if (!bench.scenarios.some(({ weight }) => weight > 0))
    throw new Error('no scenario of the benchmark counts')
  return bench
}

/** Calls `work` for each item, at most `width` at a time; results are in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, n: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const entries = items.entries()
  const worker = async () => {
    for (const [n, item] of entries) results[n] = await work(item, n)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
