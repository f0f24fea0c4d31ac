import type { TappedService } from './evidence.js'
import type { Fault, StackControl } from './stack-control.js'

/** Breaks one service of the app. All of it is healed when the check ends. */
export interface ServiceFaults {
  /** New connections are refused; open ones go on. */
  refuse(): Promise<void>
  /** Open connections are reset; new ones work. */
  cut(): Promise<void>
  /** Both: as if the server had died. */
  down(): Promise<void>
  /** Everything is accepted and nothing answered. */
  stall(): Promise<void>
  /** Each chunk arrives that much later, in both directions. */
  delay(ms: number): Promise<void>
  /** Stops the server's process, so that it answers nothing. */
  pause(): Promise<void>
  /** Kills the server's process: what it had only in memory is lost. `heal` starts it again. */
  kill(): Promise<void>
  heal(): Promise<void>
}

/** The check asks for what this run cannot do: its verdict is `notRun`, and nobody loses points. */
export class NotRun extends Error {
  override readonly name = 'NotRun'
}

/** The faults of a service; `onFault` is told of each before it happens. */
export function faultsOf(
  service: TappedService,
  control: Pick<StackControl, 'fault'>,
  onFault: (service: TappedService) => void,
): ServiceFaults {
  const cause = async (fault: Fault) => {
    onFault(service)
    const { impossible } = await control.fault({ service, fault })
    if (impossible !== undefined) throw new NotRun(impossible)
  }
  return {
    refuse: () => cause({ kind: 'refuse' }),
    cut: () => cause({ kind: 'cut' }),
    down: () => cause({ kind: 'down' }),
    stall: () => cause({ kind: 'stall' }),
    delay: ms => cause({ kind: 'delay', ms }),
    pause: () => cause({ kind: 'pause' }),
    kill: () => cause({ kind: 'kill' }),
    heal: () => cause({ kind: 'heal' }),
  }
}
