import type { Bench } from '../../../graders/kit/bench.js'
import type { Mutant, Row } from '../../../graders/kit/rubric.js'
import type { ListedCheck } from '../checks-runner.js'

/** What a project says about itself in its brief, rubric, checks and planted bugs. */
export interface Ledger {
  readonly slug: string
  readonly brief: string
  readonly rows: readonly Row[]
  readonly checkFiles: readonly string[]
  readonly checks: readonly ListedCheck[]
  readonly mutants: readonly Mutant[]
  /** What is measured for the row of kind performance, if there is one. */
  readonly bench?: Pick<Bench, 'brief' | 'hints' | 'slow'> | undefined
  /** Text of each file of the reference that a mutant or slow variant names; absent where there is none. */
  readonly sources: ReadonlyMap<string, string>
  /** What is wrong with the folders and the starter. */
  readonly files: readonly Gap[]
}

/** Something missing or contradictory, and how it is added. */
export interface Gap {
  readonly what: string
  readonly fix: string
}

/** Holds the four against each other: no check without a sentence, no row without check and planted bug. */
export function findGaps(ledger: Ledger): readonly Gap[] {
  return [
    ...ledger.files,
    ...briefGaps(ledger),
    ...ledger.rows.flatMap(row => rowGaps(row, ledger)),
    ...ledger.checks.flatMap(check => checkGaps(check, ledger)),
    ...repeated(ledger.checks.map(check => check.title)).map(title => ({
      what: `two checks are called "${title}"`,
      fix: 'Give each the title of the behaviour that it alone sees.',
    })),
    ...ledger.mutants.flatMap(mutant => mutantGaps(mutant, ledger)),
    ...benchGaps(ledger),
    ...repeated(ledger.mutants.map(mutant => mutant.id)).map(id => ({
      what: `two mutants have the id \`${id}\``,
      fix: `Rename one in graders/${ledger.slug}/mutants.ts.`,
    })),
  ]
}

const rowHeading = /^## (\S+) · (.+) · (\d+) points\s*$/gm
const headingOf = ({ id, title, points }: Row) => `## ${id} · ${title} · ${points} points`

function briefGaps({ slug, brief, rows }: Ledger): readonly Gap[] {
  const headings = [...brief.matchAll(rowHeading)].map(([text, id = '']) => ({ text: text.trim(), id }))
  const file = `templates/${slug}/BRIEF.md`
  const gaps: Gap[] = []
  for (const row of rows) {
    const found = headings.find(heading => heading.id === row.id)
    if (!found) {
      gaps.push({
        what: `the brief has no section for the row \`${row.id}\``,
        fix: `Add to ${file}: ${headingOf(row)}`,
      })
    } else if (found.text !== headingOf(row)) {
      gaps.push({
        what: `the brief's heading of \`${row.id}\` differs from the rubric: ${found.text}`,
        fix: `Make them agree. By the rubric it reads: ${headingOf(row)}`,
      })
    }
  }
  for (const { id } of headings) {
    if (rows.some(row => row.id === id)) continue
    gaps.push({
      what: `the brief has a section \`${id}\`, which is no row of the rubric`,
      fix: `Add the row to graders/${slug}/rubric.ts, or remove the section from ${file}.`,
    })
  }
  const inBoth = headings.map(({ id }) => id).filter(id => rows.some(row => row.id === id))
  const inRubric = rows.map(row => row.id).filter(id => inBoth.includes(id))
  if (inBoth.join() !== inRubric.join()) {
    gaps.push({
      what: `the brief has its rows in another order than the rubric: ${inBoth.join(', ')}`,
      fix: `Learners are graded in the order of the rubric: ${inRubric.join(', ')}.`,
    })
  }
  return gaps
}

function rowGaps(row: Row, { slug, checkFiles, checks, mutants, bench }: Ledger): readonly Gap[] {
  const gaps: Gap[] = []
  if (row.kind === 'performance') {
    if (bench) return []
    const fix = `Add graders/${slug}/bench.ts and compile it.`
    return [{ what: `the row \`${row.id}\` has no benchmark`, fix }]
  }
  const own = checks.filter(check => check.file === `${row.id}.check.js`)
  if (!checkFiles.includes(`${row.id}.check.js`)) {
    gaps.push({
      what: `the row \`${row.id}\` has no checks`,
      fix: `Add graders/${slug}/${row.id}.check.ts and compile it.`,
    })
  } else if (own.length === 0) {
    gaps.push({
      what: `graders/${slug}/${row.id}.check.ts has no check`,
      fix: 'Declare one with `check` of ./rubric.js.',
    })
  }
  const least = row.kind === 'behaviour' ? 2 : 1
  const planted = mutants.filter(mutant => mutant.breaks === row.id).length
  if (planted < least) {
    gaps.push({
      what: `the row \`${row.id}\` has ${planted} of at least ${least} planted bugs`,
      fix: `Add to graders/${slug}/mutants.ts a mistake that costs this row and no other.`,
    })
  }
  return gaps
}

function checkGaps({ title, file, meta }: ListedCheck, { slug, brief, rows }: Ledger): readonly Gap[] {
  const where = `graders/${slug}/${file.replace(/\.js$/, '.ts')}, "${title}"`
  const gaps: Gap[] = []
  const gap = (what: string, fix: string) => gaps.push({ what: `${where}: ${what}`, fix })
  const row = rows.find(candidate => candidate.id === meta.row)
  if (!row) gap(`\`${meta.row}\` is no row of the rubric`, 'Name the row that the check proves.')
  else if (file !== `${meta.row}.check.js`)
    gap(`it belongs to the row \`${meta.row}\``, `Move it to ${meta.row}.check.ts.`)
  if (normalised(meta.brief) === '' || !normalised(brief).includes(normalised(meta.brief))) {
    gap(
      `its sentence is not in the brief: ${normalised(meta.brief)}`,
      `Quote templates/${slug}/BRIEF.md word by word, or add the sentence there.`,
    )
  }
  const hints = meta.hints.map(normalised)
  const least = row?.kind === 'behaviour' ? 2 : 1
  if (hints.length < least)
    gap(`it has ${hints.length} of at least ${least} hints`, 'Add one: from a nudge to nearly the answer.')
  if (hints.includes('')) gap('a hint is empty', 'Say where to look.')
  if (repeated(hints.filter(hint => hint !== '')).length > 0)
    gap('two hints are the same', 'Let the second say more than the first.')
  return gaps
}

function mutantGaps(mutant: Mutant, { slug, rows, sources }: Ledger): readonly Gap[] {
  const gaps: Gap[] = []
  const gap = (what: string, fix: string) => gaps.push({ what: `mutant \`${mutant.id}\`: ${what}`, fix })
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(mutant.id))
    gap('its id is not in kebab case', 'Name it like `limit-off-by-one`.')
  if (!rows.some(row => row.id === mutant.breaks))
    gap(`\`${mutant.breaks}\` is no row of the rubric`, 'Name the row that it costs.')
  if (normalised(mutant.because) === '') gap('it has no `because`', "Tell the mistake in a learner's words.")
  const source = sources.get(mutant.file)
  if (source === undefined) {
    gap(`there is no projects/${slug}/${mutant.file}`, 'Name a file below the reference.')
    return gaps
  }
  const times = mutant.find === '' ? 0 : source.split(mutant.find).length - 1
  if (times !== 1)
    gap(`its \`find\` occurs ${times} times in ${mutant.file}`, 'Choose a text that occurs exactly once.')
  if (mutant.find === mutant.replace) gap('it changes nothing', 'Plant a mistake.')
  return gaps
}

function benchGaps(ledger: Ledger): readonly Gap[] {
  const { slug, brief, rows, bench } = ledger
  if (!bench) return []
  const gaps: Gap[] = []
  const file = `graders/${slug}/bench.ts`
  const row = rows.find(({ kind }) => kind === 'performance')
  if (!row) gaps.push({ what: `no row is of kind performance, but there is ${file}`, fix: 'Add the row.' })
  if (normalised(bench.brief) === '' || !normalised(brief).includes(normalised(bench.brief))) {
    gaps.push({
      what: `${file}: its sentence is not in the brief: ${normalised(bench.brief)}`,
      fix: `Quote templates/${slug}/BRIEF.md word by word, or add the sentence there.`,
    })
  }
  if (bench.slow.length === 0) {
    gaps.push({
      what: `${file} has no slow variant`,
      fix: 'Add to `slow` a mistake that costs the performance row.',
    })
  }
  const edits = bench.slow.map(variant => ({ ...variant, breaks: row?.id ?? '' }))
  return [...gaps, ...(row ? edits.flatMap(edit => mutantGaps(edit, ledger)) : [])]
}

const normalised = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

const repeated = (texts: readonly string[]) => [
  ...new Set(texts.filter((text, n) => texts.indexOf(text) !== n)),
]
