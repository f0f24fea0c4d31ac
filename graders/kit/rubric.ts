/** What a row is judged by: HTTP and database behaviour, an injected fault, a document, or speed. */
export type RowKind = 'behaviour' | 'fault' | 'docs' | 'performance'

/** One line of a rubric. A learner earns its points when every check on it passes. */
export interface Row<Id extends string = string> {
  readonly id: Id
  readonly title: string
  readonly points: number
  readonly kind: RowKind
}

/** The ordered rows of a project's grader; their points add up to 100. */
export interface Rubric<Id extends string = string> {
  readonly rows: readonly Row<Id>[]
}

/**
 * Declares a rubric. The row ids become a type, so a check on a misspelt row does not compile.
 * @throws Error when the points do not add up to 100 or an id is used twice.
 */
export function defineRubric<const Id extends string>(rows: readonly Row<Id>[]): Rubric<Id> {
  const sum = rows.reduce((points, row) => points + row.points, 0)
  if (sum !== 100) throw new Error(`the points of the rubric add up to ${sum}, not to 100`)
  const ids = new Set(rows.map(row => row.id))
  if (ids.size !== rows.length) throw new Error('two rows of the rubric have the same id')
  return { rows }
}

/** One planted mistake: a textual edit of the reference that costs the row `breaks` and no other. */
export interface Mutant<Id extends string = string> {
  readonly id: string
  readonly breaks: Id
  /** Path inside the reference's folder. */
  readonly file: string
  /** Text that occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** The mistake in a learner's words. */
  readonly because: string
  /** Settings of the reference to run with, when the mistake is not in the default variant. */
  readonly variant?: Readonly<Record<string, string>>
}

/** Declares the planted mistakes of a project; `breaks` must be a row of the rubric. */
export function defineMutants<Id extends string>(
  _rubric: Rubric<Id>,
  mutants: readonly Mutant<NoInfer<Id>>[],
): readonly Mutant<Id>[] {
  return mutants
}
