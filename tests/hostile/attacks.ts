import type { IsolationTier } from '../../cli/engine/isolation/launcher.js'

/** One submission of `fixtures/hostile`. */
export interface Attack {
  readonly id: string
  /** The tiers that must contain it. */
  readonly tiers: readonly IsolationTier[]
  /** What its honest part earns; a range where the attack also hurts the attacker. */
  readonly earns: number | readonly [least: number, most: number]
  /** The rows that it is graded in; `users` and `schema-design` by default. */
  readonly rows?: readonly string[]
  /** The error with which it is turned away before it runs. */
  readonly refused?: string
  /** It takes all of a core or of the memory, as far as it is let. */
  readonly isBomb?: boolean
}

const every: readonly IsolationTier[] = ['process', 'sandbox', 'docker']
const contained: readonly IsolationTier[] = ['sandbox', 'docker']

/** All points of the row that every submission is honest in, unless it hinders itself. */
const users = 12
const some: readonly [number, number] = [0, users]

const group = (earns: Attack['earns'], tiers: Attack['tiers'], ids: readonly string[]): Attack[] =>
  ids.map(id => ({ id, earns, tiers }))

const bombs = (ids: readonly string[]) => group(some, every, ids).map(attack => ({ ...attack, isBomb: true }))

export const attacks: readonly Attack[] = [
  // They use up what all share.
  ...bombs(['fork-bomb', 'shell-fork-bomb', 'thread-bomb', 'memory-bomb', 'memory-bomb-of-children']),
  ...bombs(['log-bomb', 'line-without-end', 'cpu-hog']),
  ...group(some, contained, ['tmp-bomb', 'shared-memory-bomb', 'file-flood', 'file-descriptor-bomb']),
  ...group(some, contained, [
    'connection-flood',
    'database-connection-flood',
    'database-bomb',
    'imitates-the-relay',
  ]),
  ...group(users, contained, ['folder-bomb']),
  { id: 'build-fills-the-disk', earns: 0, tiers: contained, refused: 'BUILD_FAILED' },
  // They do not want to end, or end others.
  ...group(users, every, ['ignores-sigterm', 'daemonises']),
  ...group(users, contained, ['double-forks']),
  ...group(some, contained, ['kills-its-parents']),
  ...group(0, every, ['exits-with-success', 'dies-on-request', 'never-ready']),
  ...group(users, every, ['squats-ports']),
  // They read what is not theirs.
  ...group(users, contained, [
    'reads-the-grader',
    'reads-other-processes',
    'reads-the-home',
    'reads-the-neighbour',
  ]),
  ...group(users, every, ['links-out', 'links-out-when-built', 'fifo-for-a-document', 'huge-document']),
  ...group(users, every, ['reads-the-neighbour-database', 'escapes-the-database']),
  ...group(users, contained, ['changes-its-own-files', 'poisons-dependencies']),
  // They call out.
  ...group(users, contained, [
    'calls-out',
    'calls-out-by-address',
    'asks-dns',
    'scans-ports',
    'talks-to-sockets',
  ]),
  // They want another verdict.
  ...group(users, contained, ['forges-results']),
  ...group(users, every, ['hijacks-vitest', 'sets-node-options']),
  ...group(0, every, ['prints-a-report', 'prints-workflow-commands']),
  // They answer what breaks clients.
  ...group(0, every, ['ten-gigabytes', 'endless-answer', 'slow-drip', 'silence', 'not-http', 'two-answers']),
  ...group(0, every, ['endless-headers', 'endless-informational', 'deep-json', 'pollutes-prototypes']),
  ...group(0, every, ['redirects-to-others']),
  { id: 'openapi-refers-out', earns: 0, tiers: every, rows: ['api-docs'] },
  // They attack while they are made ready.
  ...group(0, every, ['install-scripts']),
  ...group(0, contained, ['install-command']),
]
