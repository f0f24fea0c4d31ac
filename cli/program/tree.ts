import type { Command } from 'commander'
import type { CliContext, ExitCode } from '../context.js'

/** What commands are added with. */
export interface Tree {
  /** Adds a command; `examples` has one a line. */
  readonly command: (name: string, description: string, examples: string) => Command
  /** Wraps a lazily loaded command: `--help` loads none of them. */
  readonly action: <Options>(
    load: () => Promise<{ run(options: Options, context: CliContext): Promise<ExitCode> }>,
  ) => (options: Options & { json?: boolean }) => Promise<void>
}
