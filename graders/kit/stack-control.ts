import { request } from 'undici'

/** One SQL statement that the tap saw. `atUs` is on the clock of `monotonicUs`. */
export interface SeenStatement {
  readonly atUs: number
  readonly sql: string
  readonly params: readonly (string | null)[]
  /** Postgres's command tag, such as `SELECT 20`. */
  readonly tag?: string
  readonly error?: string
}

/** How a service can be broken. `down` refuses new connections and cuts the open ones. */
export type Fault =
  | { readonly kind: 'refuse' | 'cut' | 'down' | 'stall' | 'heal' }
  | { readonly kind: 'delay'; readonly ms: number }

/** What checks can ask of the process that owns the stack. */
export interface StackControl {
  /** Starts the app again if it has died. Says why when it cannot be started. */
  ensureApp(): Promise<{ readonly problem?: string }>
  restartApp(): Promise<{ readonly problem?: string }>
  /** The statements between two times of the monotonic clock, oldest first. */
  statements(window: { readonly fromUs: number; readonly toUs: number }): Promise<readonly SeenStatement[]>
  fault(fault: Fault): Promise<void>
}

/** bep itself or a service of the run failed, not the app: the verdict is `error`, and nobody loses points. */
export class StackError extends Error {
  override readonly name = 'StackError'
}

/** A client of the run's control endpoint. Every call throws `StackError` when bep cannot answer. */
export function connectStackControl(url: string, token: string): StackControl {
  const call = async (method: keyof StackControl, argument?: unknown) => {
    const answer = await request(`${url}/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(argument ?? null),
    }).catch((cause: unknown) => {
      throw new StackError('the grader lost its connection to bep', { cause })
    })
    const body = (await answer.body.json()) as { result?: unknown; error?: string }
    if (answer.statusCode !== 200) throw new StackError(body.error ?? `control answered ${answer.statusCode}`)
    return body.result
  }
  return {
    ensureApp: () => call('ensureApp') as Promise<{ problem?: string }>,
    restartApp: () => call('restartApp') as Promise<{ problem?: string }>,
    statements: window => call('statements', window) as Promise<SeenStatement[]>,
    fault: async fault => {
      await call('fault', fault)
    },
  }
}
