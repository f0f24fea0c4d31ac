import type { Project } from '../../../projects/catalog.js'

/** A part of the work of `bep verify`: with the others of its count it makes the whole. */
export interface Shard {
  /** From 1. */
  readonly index: number
  readonly count: number
  /** Whether the project's proofs, but for the planted bugs, are this shard's. */
  owns(project: Project): boolean
  /** Whether the project's n-th planted bug, from 0, is this shard's. */
  has(project: Project, n: number): boolean
}

/** Deals the projects, and the bugs of each, in turn. */
export function openShard(projects: readonly Project[], index = 1, count = 1): Shard {
  const has = (project: Project, n: number) => (projects.indexOf(project) + n) % count === index - 1
  return { index, count, has, owns: project => has(project, 0) }
}
