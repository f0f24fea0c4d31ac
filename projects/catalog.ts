/** A service that a project needs; `bep` starts it and hands over its URL. */
export type ServiceKind = 'postgres'

interface ProjectEntry {
  /** `project-1`, `bonus-1`: what a learner types. */
  readonly id: string
  /** Name of the project's folder in `projects/`, `templates/` and `graders/`. */
  readonly slug: string
  readonly title: string
  readonly phase: string
  readonly topics: readonly string[]
  readonly services: readonly ServiceKind[]
  /** Settings under which the reference must earn 100, one run each; the first is the default. */
  readonly variants: readonly Readonly<Record<string, string>>[]
}

/** All projects in the order of the path. The one place to register a new project. */
export const catalog = [
  {
    id: 'project-1',
    slug: '01-task-api',
    title: 'Task Management API',
    phase: 'Phase 1: fundamentals',
    topics: ['REST', 'MVC', 'PostgreSQL', 'Drizzle ORM'],
    services: ['postgres'],
    variants: [{ DATA_LAYER: 'kysely' }, { DATA_LAYER: 'drizzle' }],
  },
] as const satisfies readonly ProjectEntry[]

export type Project = ProjectEntry
