import { rm } from 'node:fs/promises'
import path from 'node:path'
import pLimit from 'p-limit'
import { BepError } from '../../../../fixtures/bep-error.js'
import type { Excuse } from '../../../../graders/kit/excuse.js'
import type { Project } from '../../../../projects/catalog.js'
import type { GradingLanes } from '../../lanes.js'
import type { Results } from '../../results.js'
import { failedChecks, problemOf } from '../graded.js'
import { linkNodeModules } from '../node-modules.js'
import { plant } from '../planted-bugs.js'
import type { RatedCases, VerifiedCase } from '../report.js'
import type { Shard } from '../shard.js'
import { excuse } from './excuses.js'
import { findJudges } from './judges.js'
import { openKeptCoverage } from './kept-coverage.js'
import type { Mutation } from './mutations.js'
import { openPanels, type Panels } from './panel.js'
import { compileMutations, type PlantableMutation } from './plantable.js'
import { shuffled } from './sample.js'
import { generateMutations } from './sources.js'

/** Which of a project's mutants to try; all by default. */
export interface GeneratedChoice {
  /** So many, drawn by the run's seed. */
  readonly sample?: number | undefined
  /** Only those in these files, or on these lines, such as `feed.ts:41`. */
  readonly places?: readonly string[] | undefined
}

interface GeneratedOptions {
  /** What is not tried, for nobody could tell it from the reference. */
  readonly excuses: readonly Excuse[]
  readonly home: string
  /** A folder of the run's own. */
  readonly dir: string
  readonly lanes: GradingLanes
  readonly seed: number
  /** The part of the work that is done here. */
  readonly shard: Shard
  readonly signal: AbortSignal
  /** Called when it is known how many mutants are tried. */
  readonly onCount: (count: number) => void
  readonly onCase: (done: VerifiedCase) => void
}

/** The part of the mutants tried that must be caught. */
const least = 0.85

/**
 * Makes mutants of the reference by rule and grades each, up to the first check that fails. Too few caught, an
 * excuse without a mutant, or a reference that fails itself: then the step has not passed.
 */
export async function tryGenerated(
  project: Project,
  choice: GeneratedChoice,
  options: GeneratedOptions,
): Promise<RatedCases> {
  const { excuses, home, dir, lanes, seed, signal, onCount, onCase } = options
  const all = await generateMutations(project)
  const { excused, others, stale } = excuse(all, excuses)
  assertPlaces(project, choice.places, all)
  const { plantable, rejected } = await compileMutations(project, choose(project, others, choice, options), {
    enough: choice.sample ?? others.length,
    signal,
  })
  onCount(plantable.length)
  const kept = await openKeptCoverage(home, project)
  const { judges, failed } = await findJudges(project, { dir: path.join(dir, 'coverage'), lanes, kept })
  if (failed.length > 0) return { passed: false, tried: { cases: failed } }

  const panels = openPanels(judges)
  const modules = await linkNodeModules(dir)
  const tried = await pLimit(lanes.count).map(plantable, async (one, n) => {
    signal.throwIfAborted()
    const done = await tryMutation(project, one, { panels, lanes, dir: path.join(modules, `mutant-${n}`) })
    onCase(done)
    return done
  })
  const order = new Map(all.map(({ id }, n) => [id, n]))
  tried.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0))
  const caught = tried.filter(({ passed }) => passed).length
  const judged = tried.every(({ problem }) => problem === undefined)
  return {
    passed: tried.length > 0 && caught >= least * tried.length && judged && stale.length === 0,
    tried: {
      cases: [...tried, ...stale.map(one => staleCase(project, one))],
      rate: {
        made: all.length,
        excused: excused.length,
        rejected,
        tried: tried.length,
        caught,
        least,
        ...(choice.sample !== undefined && { seed }),
      },
    },
  }
}

/** The mutants to try, in the order in which to look for as many as are wanted. */
function choose(
  project: Project,
  mutations: readonly Mutation[],
  { sample, places }: GeneratedChoice,
  { seed, shard }: Pick<GeneratedOptions, 'seed' | 'shard'>,
): readonly Mutation[] {
  const wanted = mutations.filter(
    (mutation, n) => shard.has(project, n) && (places?.some(place => isAt(place, mutation)) ?? true),
  )
  return sample === undefined ? wanted : shuffled(wanted, seed, project.slug)
}

const isAt = (place: string, { file, line }: Mutation) => place === file || place === `${file}:${line}`

/** @throws BepError for a place where nothing could be tried. */
function assertPlaces(
  project: Project,
  places: GeneratedChoice['places'] = [],
  all: readonly Mutation[],
): void {
  for (const place of places) {
    if (all.some(mutation => isAt(place, mutation))) continue
    throw new BepError('NO_MUTANT', `no mutant of ${project.id} is made at "${place}"`, {
      fix: `Name a file of projects/${project.slug} or a line of it, as in \`--in main.ts:12\`.`,
    })
  }
}

interface TryOptions {
  readonly panels: Panels
  readonly lanes: GradingLanes
  /** Where the mutant is planted; gone afterwards. */
  readonly dir: string
}

/** Grades one mutant with each variant that runs it, until a check notices. */
async function tryMutation(
  project: Project,
  { mutation, js, place }: PlantableMutation,
  { panels, lanes, dir }: TryOptions,
): Promise<VerifiedCase> {
  const chosen = panels.at(place)
  try {
    for (const { settings, rows } of chosen) {
      const subject = await plant(project, { file: mutation.file, variant: settings }, dir, { js })
      const noticed = judge(mutation, await lanes.grade(subject, { rows, bail: true }))
      if (!noticed) continue
      const [first] = noticed.failed ?? []
      if (noticed.passed && first) panels.note(first.row, place.file)
      return noticed
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
  const outcome = chosen.length > 0 ? 'survived' : 'survived: no check makes it run'
  return { ...caseOf(mutation), passed: false, outcome }
}

/** What the checks found of a mutant; undefined when they found nothing. */
function judge(mutation: Mutation, results: Results): VerifiedCase | undefined {
  if (results.problem?.code.startsWith('APP_'))
    return { ...caseOf(mutation), passed: true, outcome: 'did not start' }
  const failed = failedChecks(results)
  const row = results.rows.find(({ verdict }) => verdict === 'fail' || verdict === 'error')
  if (!row) return undefined
  if (row.verdict === 'fail')
    return { ...caseOf(mutation), passed: true, outcome: `caught by ${row.id}`, failed }
  const problem = problemOf(results) ?? 'bep itself failed in a check'
  return { ...caseOf(mutation), passed: false, outcome: 'not judged', problem, failed }
}

function caseOf({ id, file, line, lineText, rule, from, to }: Mutation) {
  return { name: id, mutant: { file, line, lineText, rule, from, to } }
}

function staleCase({ slug }: Project, { file, line, rule }: Excuse): VerifiedCase {
  return {
    name: `graders/${slug}/excused.ts`,
    passed: false,
    outcome: 'stale excuse',
    problem: `no mutant of the rule \`${rule}\` is made on the line "${line}" of ${file}: remove the excuse, or quote the line as it is now`,
  }
}
