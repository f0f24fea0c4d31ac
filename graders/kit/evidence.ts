/** One SQL statement that the tap saw. `atUs` is on the clock of `monotonicUs`. */
export interface SeenStatement {
  readonly atUs: number
  readonly sql: string
  readonly params: readonly (string | null)[]
  /** Postgres's command tag, such as `SELECT 20`. */
  readonly tag?: string
  readonly error?: string
}

/** One Redis command that the tap saw. `atUs` is on the clock of `monotonicUs`. */
export interface SeenRedisCommand {
  readonly atUs: number
  /** Counts the app's connections: MULTI and WATCH hold for one of them. */
  readonly connection: number
  /** In capitals, such as `GET`. */
  readonly command: string
  /** Long ones end in `…`, a binary one reads `<binary, 8 bytes>`. */
  readonly args: readonly string[]
  readonly keys: readonly string[]
  /** Absent while there is none; `nil` is a miss. Of an array, map or set, `text` counts the elements. */
  readonly reply?: {
    readonly type: 'status' | 'string' | 'number' | 'boolean' | 'nil' | 'array' | 'map' | 'set' | 'error'
    readonly text: string
  }
}

/** One MongoDB command that the tap saw. `atUs` is on the clock of `monotonicUs`. */
export interface SeenMongoCommand {
  readonly atUs: number
  /** Counts the app's connections. */
  readonly connection: number
  /** As the driver spells it, such as `findAndModify`. */
  readonly command: string
  readonly collection?: string
  /** The command in relaxed Extended JSON, without what drivers add; empty if it is larger than 64 KiB. */
  readonly body: Readonly<Record<string, unknown>>
  /** Whether the server's answer has come as far as the tap. */
  readonly answered: boolean
}

/** What the tap before each service sees. */
export interface SeenBy {
  readonly postgres: SeenStatement
  readonly redis: SeenRedisCommand
  readonly mongodb: SeenMongoCommand
}

/** A service whose commands are read on their way. */
export type TappedService = keyof SeenBy

/** A span of the monotonic clock, both ends included. */
export interface TimeWindow {
  readonly fromUs: number
  readonly toUs: number
}
