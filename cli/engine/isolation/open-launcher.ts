import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import { type IsolationTier, isolationTiers, type Launcher } from './launcher.js'
import type { Limits } from './limits.js'
import { scrubbedProcess } from './process-launcher.js'
import { openSandboxLauncher } from './sandbox-launcher.js'

/** `--isolation`. */
export type IsolationSetting = IsolationTier | 'auto'

interface OpenOptions {
  readonly isolation: IsolationSetting
  /** The weakest tier that will do. */
  readonly required?: IsolationTier | undefined
  readonly run: Run
  readonly env: NodeJS.ProcessEnv
  /** What each app may use; for the tiers that limit it. */
  readonly limits?: Limits
  readonly onNotice?: (line: string) => void
}

const openers: Readonly<Record<IsolationTier, (options: OpenOptions) => Promise<Launcher>>> = {
  docker: async options => {
    const { openDockerLauncher } = await import('./docker-launcher.js')
    return openDockerLauncher(options)
  },
  sandbox: ({ env, ...options }) => openSandboxLauncher({ ...options, searchPath: env.PATH }),
  process: async () => scrubbedProcess,
}

/**
 * Opens the tier that was asked for; `auto` takes the best that this machine has, and says why it is no better one.
 * @throws BepError ISOLATION_UNAVAILABLE when nothing as strong as `required` can be had, or the tier's own error when
 *   it was named.
 */
export async function openLauncher(options: OpenOptions): Promise<Launcher> {
  const { isolation, required = 'process', onNotice } = options
  const enough = isolationTiers.slice(isolationTiers.indexOf(required))
  if (isolation !== 'auto') {
    if (!enough.includes(isolation)) throw tooWeak(isolation, required)
    return openers[isolation](options)
  }
  const missing: string[] = []
  let fix: string | undefined
  for (const tier of [...isolationTiers].reverse()) {
    if (!enough.includes(tier)) break
    try {
      const launcher = await openers[tier](options)
      if (tier === 'process')
        onNotice?.(`submissions run unprotected, as your own processes: ${missing.join('; ')}`)
      return launcher
    } catch (thrown) {
      missing.push(`no ${tier}: ${messageOf(thrown)}`)
      if (thrown instanceof BepError) fix = thrown.fix
    }
  }
  throw new BepError(
    'ISOLATION_UNAVAILABLE',
    `this machine offers no isolation as strong as "${required}" (${missing.join('; ')})`,
    { ...(fix !== undefined && { fix }) },
  )
}

const tooWeak = (asked: IsolationTier, required: IsolationTier) =>
  new BepError(
    'ISOLATION_UNAVAILABLE',
    `isolation "${asked}" is weaker than "${required}", which is required`,
    {
      fix: `Leave out one of the two options, or ask for --isolation ${required}.`,
    },
  )
