import { BepError } from '../../fixtures/bep-error.js'
import type { GradeOptions } from './grade.js'

/** What `bep grade` is asked to do; all but the first two are asked for by the option of that name. */
export type GradeMode =
  | 'workspace'
  | 'batch'
  | 'keygen'
  | 'verify'
  | 'report'
  | 'gradescope'
  | 'gradescopeAutograder'

type Flag = Exclude<keyof GradeOptions, 'paths' | 'services' | 'json'>

const flags: Readonly<Record<Flag, string>> = {
  out: '--out',
  junit: '--junit',
  bench: '--no-bench',
  seed: '--seed',
  isolation: '--isolation',
  require: '--require',
  allowScripts: '--allow-scripts',
  jobs: '--jobs',
  retries: '--retries',
  project: '--project',
  resume: '--resume',
  only: '--only',
  regrade: '--regrade',
  queue: '--queue',
  collect: '--collect',
  similarity: '--similarity',
  key: '--key',
  keygen: '--keygen',
  verify: '--verify',
  publicKey: '--public-key',
  settings: '--settings',
  disclosure: '--disclosure',
  until: '--until',
  due: '--due',
  report: '--report',
  gradescope: '--gradescope',
  gradescopeAutograder: '--gradescope-autograder',
}
const marking = ['settings', 'disclosure', 'until', 'due'] as const
const isolated = ['out', 'seed', 'isolation', 'require', 'allowScripts'] as const
const fitting: Readonly<Record<GradeMode, readonly Flag[]>> = {
  workspace: ['junit', 'bench', ...isolated],
  batch: [
    'jobs',
    'retries',
    'project',
    'resume',
    'only',
    'regrade',
    'queue',
    'collect',
    'similarity',
    'key',
    ...isolated,
    ...marking,
  ],
  keygen: ['keygen'],
  verify: ['verify', 'publicKey'],
  report: ['report', 'key', 'publicKey', ...marking],
  gradescope: [
    ...(['gradescope', 'project', 'seed', 'isolation', 'require', 'allowScripts', 'retries'] as const),
    ...marking,
  ],
  gradescopeAutograder: ['gradescopeAutograder', 'project', 'require', ...marking],
}
const names: Readonly<Record<GradeMode, string>> = {
  workspace: 'the workspace that you are in',
  batch: 'a batch of submissions',
  keygen: '--keygen',
  verify: '--verify',
  report: '--report',
  gradescope: '--gradescope',
  gradescopeAutograder: '--gradescope-autograder',
}
const asked = ['keygen', 'verify', 'report', 'gradescope', 'gradescopeAutograder'] as const

/**
 * What the options mean together.
 * @throws BepError USAGE when one of them has no meaning there.
 */
export function gradeMode(options: GradeOptions): GradeMode {
  const { paths } = options
  const mode = asked.find(name => options[name] !== undefined) ?? (paths.length > 0 ? 'batch' : 'workspace')
  if (paths.length > 0 && mode !== 'batch') {
    throw new BepError('USAGE', `${names[mode]} grades nothing of ${paths.join(', ')}`, {
      fix: 'Leave out one of the two; `bep grade --help` has examples.',
    })
  }
  for (const flag of Object.keys(flags) as Flag[]) {
    const given = flag === 'bench' ? options.bench === false : options[flag] !== undefined
    if (!given || fitting[mode].includes(flag)) continue
    const isForBatches = mode === 'workspace' && fitting.batch.includes(flag)
    throw new BepError('USAGE', `${flags[flag]} has no meaning for ${names[mode]}`, {
      fix: isForBatches
        ? `Name the submissions first, as in \`bep grade submissions/ ${flags[flag]}\`.`
        : 'Leave it out; `bep grade --help` has examples.',
    })
  }
  return mode
}
