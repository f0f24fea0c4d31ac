import type { Socket } from 'node:net'
import type { Run } from '../../../fixtures/run.js'
import type { LogLines } from '../log-lines.js'

/** How far what is graded is kept from the machine, weakest first. */
export const isolationTiers = ['process', 'sandbox', 'docker'] as const
export type IsolationTier = (typeof isolationTiers)[number]

/** A command line out of somebody's `bep.yml`. */
interface LaunchedCommand {
  readonly command: string
  /** The folder that it runs in; a sandbox shows it under another path. */
  readonly cwd: string
  /** Folders by their place below `cwd`, such as `node_modules`; a sandbox lays them there read-only. */
  readonly mounts?: Readonly<Record<string, string>>
  /**
   * Variables that it gets besides the tier's own. In a sandbox, 127.0.0.1 and the port of each URL in them is
   * all of the network that there is.
   */
  readonly env: Readonly<Record<string, string>>
  /** The environment of bep's user. A tier takes from it what it lets in. */
  readonly inherited: NodeJS.ProcessEnv
  readonly run: Run
}

export interface AppLaunch extends LaunchedCommand {
  readonly port: number
  readonly onLine?: ((line: string) => void) | undefined
}

export interface CommandLaunch extends LaunchedCommand {
  readonly limitMs: number
  /** May change `cwd`, as an install or build command does. A tier without a sandbox never keeps it from that. */
  readonly writable?: boolean
  /** What `RanCommand.output` holds: standard output alone by default, or standard error with it. */
  readonly output?: 'stdout' | 'both' | undefined
  /** Ports inside a sandbox that bep itself serves, connection by connection. Without a sandbox there are none. */
  readonly handlers?: ReadonlyMap<number, (socket: Socket) => void>
  /** Ends it. */
  readonly signal?: AbortSignal | undefined
}

/** A server under test and all that it started. */
export interface StartedApp {
  readonly url: string
  readonly port: number
  readonly logs: LogLines
  /** Set once the process has ended. */
  readonly exit: { readonly reason: string } | undefined
  onExit(listener: (reason: string) => void): void
  /** The ports that it listens on, as far as the system tells. */
  listeningPorts(): Promise<readonly number[]>
  /** SIGTERM, ten seconds later SIGKILL. Nothing that it started is left. */
  stop(): Promise<void>
}

export interface RanCommand {
  /** Its first MiB. */
  readonly output: string
  /** Why it did not end with exit code 0; absent when it did. */
  readonly failure?: string
}

/** Runs what learners wrote, by the rules of one tier. */
export interface Launcher {
  readonly tier: IsolationTier
  /** Starts a server and does not wait until it is ready. */
  launch(app: AppLaunch): Promise<StartedApp>
  /** Runs a command to its end or its time limit, and ends all that it started. */
  run(command: CommandLaunch): Promise<RanCommand>
}

/** How long an app may take to end by itself. */
export const stopGraceMs = 10_000

export const maxOutputBytes = 1024 * 1024
