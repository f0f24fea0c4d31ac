import { Command, CommanderError } from 'commander'
import picocolors from 'picocolors'
import { BepError } from '../fixtures/bep-error.js'
import type { CliContext, ExitCode } from './context.js'
import { addAuthoring } from './program/authoring.js'
import { addGrading } from './program/grading.js'
import { addLearning } from './program/learning.js'
import type { Tree } from './program/tree.js'
import { showError } from './ui/error.js'

const interrupted = new AbortController()
let exitCode: ExitCode | 130 = 0

/** Wraps a lazily loaded command: `--help` loads none of them. */
function action<Options>(
  load: () => Promise<{ run(options: Options, context: CliContext): Promise<ExitCode> }>,
) {
  return async (options: Options & { json?: boolean }) => {
    const { run } = await load()
    exitCode = await run(options, openContext(options.json === true))
  }
}

function openContext(machineReadable: boolean): CliContext {
  const { env, stdout, stderr, stdin } = process
  const colored =
    !env.NO_COLOR && (env.FORCE_COLOR !== undefined || stdout.isTTY === true) && !machineReadable
  return {
    cwd: process.cwd(),
    env,
    interactive: stdout.isTTY === true && stdin.isTTY === true && !machineReadable && !env.CI,
    colors: picocolors.createColors(colored),
    out: text => void stdout.write(text),
    note: text => void stderr.write(text),
    signal: interrupted.signal,
  }
}

function buildProgram(): Command {
  const program = new Command('bep')
    .description('A learning workbench for backend engineers: real projects, real databases, honest marks.')
    .option('-v, --version', 'print the version of bep')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'bep: ')) })
    .showHelpAfterError('  Fix: `bep --help` shows every command')
    .usage('[command] [options]')
    .argument('[unknown...]')
    .action(async (unknown: string[], options: { version?: boolean }) => {
      if (unknown[0] !== undefined) throw await unknownCommand(program, unknown[0])
      if (options.version) {
        const { packageVersion } = await import('./engine/project-files.js')
        process.stdout.write(`${await packageVersion()}\n`)
        return
      }
      exitCode = await (await import('./commands/status.js')).run({}, openContext(false))
    })

  const command = (name: string, description: string, examples: string) =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', `\nExamples:\n${examples.trim().replaceAll(/^ */gm, '  ')}`)
      .exitOverride()

  const tree: Tree = { command, action }
  program.commandsGroup('Learn:')
  addLearning(tree)
  program.commandsGroup('Grade:')
  addGrading(tree)
  program.commandsGroup('Write projects:')
  addAuthoring(tree)
  return program
}

async function unknownCommand(program: Command, name: string): Promise<BepError> {
  const { distance } = await import('fastest-levenshtein')
  const [nearest] = program.commands
    .map(known => known.name())
    .sort((a, b) => distance(name, a) - distance(name, b))
  return new BepError('UNKNOWN_COMMAND', `there is no command "${name}"`, {
    fix: `Did you mean \`bep ${nearest}\`? \`bep --help\` shows every command.`,
  })
}

async function main(): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // The second time, whoever pressed the key has waited long enough; the next bep sweeps up.
      if (interrupted.signal.aborted) process.exit(130)
      interrupted.abort(new BepError('INTERRUPTED', `stopped by ${name}`))
    })
  }
  // A bug of bep's must not leave a server behind: the command unwinds as after Ctrl-C.
  let crash: unknown
  for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(name, thrown => {
      crash ??= thrown
      interrupted.abort(thrown)
    })
  }
  try {
    await buildProgram().parseAsync()
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      exitCode = thrown.exitCode === 0 ? 0 : 2
    } else if (!interrupted.signal.aborted) {
      crash = thrown
    }
  }
  // A command that a signal ends in good order returns as after any other end.
  if (interrupted.signal.aborted) exitCode = 130
  if (crash !== undefined) {
    exitCode = 2
    await showError(crash, process.argv.includes('--json'), process.env)
  }
  process.exitCode = exitCode
}

await main()
