/** The rules by which `bep verify --generated` changes a reference. */
export const mutationRules = [
  'condition',
  'logic',
  'boundary',
  'status',
  'await',
  'call',
  'sql',
  'mongo',
  'redis',
] as const
export type MutationRule = (typeof mutationRules)[number]

/** A generated mutant that no check can catch: nobody outside the server could tell it from the reference. */
export interface Excuse {
  /** Path inside the reference's folder. */
  readonly file: string
  /** Text of the line that the mutant changes, without the spaces around it. */
  readonly line: string
  /** Which of several lines with this text; the first by default. */
  readonly nth?: number
  readonly rule: MutationRule
  /** What the mutant takes away, and what it puts in place; leave out both to excuse all of the rule on this line. */
  readonly from?: string
  readonly to?: string
  /** Why nobody could tell. */
  readonly because: string
}
