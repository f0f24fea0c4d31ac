import { request } from 'undici'
import type { SeenBy, TappedService, TimeWindow } from './evidence.js'

/**
 * How a service can be broken. `down` refuses new connections and cuts the open ones; `pause` and `kill` are
 * done to the server itself, and what a killed one had only in memory is lost. `heal` ends all of it.
 */
export type Fault =
  | { readonly kind: 'refuse' | 'cut' | 'down' | 'stall' | 'pause' | 'kill' | 'heal' }
  | { readonly kind: 'delay'; readonly ms: number }

/** What checks can ask of the process that owns the stack. */
export interface StackControl {
  /** Starts the app again if it has died. Says why when it cannot be started. */
  ensureApp(): Promise<{ readonly problem?: string }>
  restartApp(): Promise<{ readonly problem?: string }>
  /** What the service was sent in that time, oldest first. */
  seen<S extends TappedService>(asked: {
    readonly service: S
    readonly window: TimeWindow
  }): Promise<readonly SeenBy[S][]>
  /** The lines that the app printed in that time, since it was started last. */
  logs(window: TimeWindow): Promise<readonly string[]>
  /** Runs a command in the learner's folder, with the app's address in `APP_URL`, for at most that long. */
  runCommand(asked: { readonly command: string; readonly limitMs: number }): Promise<{
    readonly stdout: string
    /** Why it did not end with exit code 0; absent when it did. */
    readonly failure?: string
  }>
  /** Resolves to why this run's service cannot be broken so, if it cannot. */
  fault(asked: { readonly service: TappedService; readonly fault: Fault }): Promise<{
    readonly impossible?: string
  }>
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
    seen: <S extends TappedService>(asked: { readonly service: S; readonly window: TimeWindow }) =>
      call('seen', asked) as Promise<SeenBy[S][]>,
    logs: window => call('logs', window) as Promise<string[]>,
    runCommand: asked => call('runCommand', asked) as ReturnType<StackControl['runCommand']>,
    fault: asked => call('fault', asked) as Promise<{ impossible?: string }>,
  }
}
