/** A service that a project needs; `bep` starts it and hands over its URL. */
export type ServiceKind = 'postgres' | 'redis' | 'mongodb'

interface ProjectEntry {
  /** `project-1`, `bonus-1`: what a learner types. */
  readonly id: string
  /** Name of the project's folder in `projects/`, `templates/` and `graders/`. */
  readonly slug: string
  readonly title: string
  readonly phase: string
  readonly topics: readonly string[]
  readonly services: readonly ServiceKind[]
  /** Variables of the environment for which `bep` makes up a random text of 43 characters. */
  readonly secrets?: readonly string[]
  /** Its grader is not yet proven by its planted bugs: it can be tried, and `verify --all` leaves it out. */
  readonly preview?: true
  /** Settings under which the reference must earn 100, one run each; the first is the default. */
  readonly variants: readonly Readonly<Record<string, string>>[]
}

/** All projects in the order of the path. The one place to register a new project. */
export const catalog: readonly [ProjectEntry, ...ProjectEntry[]] = [
  {
    id: 'project-1',
    slug: '01-task-api',
    title: 'Task Management API',
    phase: 'Phase 1: fundamentals',
    topics: ['REST', 'MVC', 'PostgreSQL', 'Drizzle ORM'],
    services: ['postgres'],
    variants: [{ DATA_LAYER: 'kysely' }, { DATA_LAYER: 'drizzle' }],
  },
  {
    id: 'project-2',
    slug: '02-blog-auth',
    title: 'Blog Platform with Authentication',
    phase: 'Phase 1: fundamentals',
    topics: ['JWT', 'sessions', 'RBAC'],
    services: ['postgres', 'redis'],
    secrets: ['JWT_SECRET'],
    variants: [{}],
  },
  {
    id: 'project-3',
    slug: '03-product-catalog',
    title: 'E-commerce Product Catalog',
    phase: 'Phase 2: database and caching',
    topics: ['MongoDB', 'Redis', 'aggregation'],
    services: ['mongodb', 'redis'],
    variants: [{}],
  },
  {
    id: 'project-4',
    slug: '04-social-feed',
    title: 'Social Media Feed System',
    phase: 'Phase 2: database and caching',
    topics: ['PostgreSQL', 'Redis', 'complex queries'],
    services: ['postgres', 'redis'],
    variants: [{}],
  },
]

export type Project = ProjectEntry
