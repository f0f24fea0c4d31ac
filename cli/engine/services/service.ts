import type { Run } from '../../../fixtures/run.js'
import type { ServerFaults } from '../../../fixtures/services/server-faults.js'
import type { Tap } from '../../../fixtures/services/tap.js'
import type { SeenBy, TappedService, TimeWindow } from '../../../graders/kit/evidence.js'
import type { Fault } from '../../../graders/kit/stack-control.js'

/** Where services come from: `--services` or `BEP_SERVICES`. */
export type ServicesSetting = 'auto' | 'docker' | 'local' | 'external'

/** What every service is started with. */
export interface ServiceStartOptions {
  readonly home: string
  readonly run: Run
  readonly provider: ServicesSetting
  /** Keeps the data between runs under this key; without it, the data goes when the run ends. */
  readonly durable?: string
  readonly image?: string
  readonly externalUrl?: string | undefined
  readonly dockerHost?: string | undefined
  readonly installPolicy?: 'never' | 'unattended'
  readonly searchPath?: string | undefined
  readonly onNotice?: (line: string) => void
}

/** A server, on which each app gets a part of its own. */
export interface StartedService<S extends TappedService = TappedService> {
  /** Where it came from, such as `local 18.4`. */
  readonly origin: string
  onExit(listener: (why: string) => void): void
  /**
   * Opens an app's own part behind a tap; durable services give the one of this name again. Postgres copies the
   * data of the part at `copyOf`.
   */
  open(name?: string, copyOf?: string): Promise<OpenedService<S>>
  stop(): Promise<void>
}

/** One app's own part of a service. */
export interface OpenedService<S extends TappedService = TappedService> {
  /** The contract's variables for the app, through the tap. */
  readonly env: Readonly<Record<string, string>>
  /** Around the tap, with the app's account. */
  readonly url: string
  /** Around the tap, as an administrator. */
  readonly adminUrl: string
  seen(window: TimeWindow): readonly SeenBy[S][]
  /** Gives the reason if this cannot be done here. */
  fault(fault: Fault): Promise<{ readonly impossible?: string }>
  /** Closes the tap and deletes the part, unless it is durable. */
  stop(): Promise<void>
}

/** The commands that a tap read in that time. */
export function seenIn<R extends { readonly atNs: bigint }>(
  tap: { statementsBetween(startNs: bigint, endNs: bigint): readonly R[] },
  { fromUs, toUs }: TimeWindow,
): readonly R[] {
  return tap.statementsBetween(BigInt(fromUs) * 1000n, BigInt(toUs + 1) * 1000n)
}

/** Breaks the way to a service, or the server itself where it is ours. */
export async function breakServer(
  name: string,
  { tap, server }: { readonly tap: Pick<Tap<never>, 'faults'>; readonly server: ServerFaults | undefined },
  fault: Fault,
): Promise<{ readonly impossible?: string }> {
  if (fault.kind === 'pause' || fault.kind === 'kill') {
    if (!server) return { impossible: `bep does not ${fault.kind} an external ${name} server` }
    await server[fault.kind]()
    return {}
  }
  if (fault.kind === 'heal') {
    await server?.resume()
    await server?.restart()
  }
  await breakTap(tap, fault)
  return {}
}

/** Breaks the way to a service; false for what is done to the server itself. */
export async function breakTap({ faults }: Pick<Tap<never>, 'faults'>, fault: Fault): Promise<boolean> {
  if (fault.kind === 'pause' || fault.kind === 'kill') return false
  if (fault.kind === 'delay') await faults.delay(fault.ms)
  else await faults[fault.kind]()
  return true
}
