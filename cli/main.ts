import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import picocolors from 'picocolors'
import { BepError } from '../fixtures/bep-error.js'
import type { CliContext, ExitCode } from './context.js'
import { showError } from './ui/error.js'

const json = () => new Option('--json', 'print machine-readable JSON')
const services = () =>
  new Option('--services <provider>', 'where services come from')
    .choices(['auto', 'docker', 'local', 'external'])
    .env('BEP_SERVICES')
    .default('auto')
const seed = () => new Option('--seed <number>', 'replay a run with its random values').argParser(wholeNumber)
const port = () =>
  new Option('--port <number>', 'port of your server (default: 3000, or the next free one)').argParser(
    portNumber,
  )

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number of at most nine digits.')
  return Number(text)
}

function shard(text: string): { index: number; count: number } {
  const [, index, count] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (!index || !count || index > count)
    throw new InvalidArgumentError('A shard is i/n with i from 1 to n, as in 2/4.')
  return { index, count }
}

function positive(text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('It is a whole number from 1 on.')
  return number
}

function repetitions(text: string): number {
  const number = Number(text)
  if (!/^\d{1,4}$/.test(text) || number < 2)
    throw new InvalidArgumentError('It is a whole number from 2 to 9999: half of the runs are under load.')
  return number
}

const collect = (value: string, earlier: readonly string[] = []) => [...earlier, value]

const tiers = ['process', 'sandbox', 'docker']

function portNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('A port is a number from 1 to 65535.')
  return number
}

const freeOrPort = (text: string) => (text === '0' ? 0 : portNumber(text))

function percentage(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0 && number <= 100))
    throw new InvalidArgumentError('It is a percentage from 0 to 100.')
  return number
}

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

  command('list', 'all projects of the path', 'bep list\nbep list --json')
    .addOption(json())
    .action(action(() => import('./commands/list.js')))

  command(
    'start [project]',
    'make a workspace, start its services and your server, and restart it on save',
    'bep start project-1\nbep start project-1 --starter blank --dir my-api\nbep start            (inside a workspace: go on)\nbep start project-1 --reference',
  )
    .option('--dir <folder>', 'folder of the workspace (default: named after the project)')
    .addOption(
      new Option('--starter <kind>', 'what a new workspace holds')
        .choices(['typescript', 'blank'])
        .default('typescript'),
    )
    .option('--add', 'add what is missing to a folder that has other files')
    .option('--reference', 'run the reference alone, without a workspace')
    .option('--no-reference', 'do not run the reference beside your server')
    .addOption(port())
    .addOption(services())
    .addOption(json())
    .action((project: string | undefined, options: object) =>
      action(() => import('./commands/start.js'))({ ...(options as StartOptions), project }),
    )

  command(
    'check [rows...]',
    'grade your server row by row, up to the first that fails',
    'bep check\nbep check validation errors\nbep check --all --seed 42',
  )
    .option('--all', 'go on after a row that fails')
    .addOption(seed())
    .addOption(services())
    .addOption(json())
    .action((rows: string[], options: object) =>
      action(() => import('./commands/check.js'))({ ...(options as CheckOptions), rows }),
    )

  command(
    'diff [method] [path]',
    'send one request to your server and to the reference, and show both answers',
    `bep diff POST /users --data '{"name": "Ada", "email": "ada@example.com"}'
     bep diff GET '/users?limit=0'
     bep diff GET /users/{{1.id}} --before 'POST /users {"name": "Ada", "email": "ada@example.com"}'
     bep diff GET /tasks --http tasks.http    (after the requests of that file)
     bep diff --http tasks.http               (compares its last request)`,
  )
    .option('--data <json>', 'body of the request: JSON, @file, or - for standard input')
    .addOption(new Option('--data-raw <text>', 'body that is sent as it is').conflicts('data'))
    .option('--header <line>', "header of the request, 'Name: value' (repeatable)", collect)
    .option('--http <file>', 'send the requests of this .http file first')
    .option(
      '--before <step>',
      "send this first: 'METHOD PATH [JSON]', headers on further lines (repeatable)",
      collect,
    )
    .addHelpText(
      'after',
      `
Both begin with empty databases; cookies that an answer sets are sent back.

Placeholders in paths, headers and bodies stand for what each app answered before:
  {{1.id}}                the field \`id\` of the first answer
  {{2.items[0].name}}     deeper in the second one
  {{login.accessToken}}   of the request that a .http file names with "# @name login"
  bep diff POST /tasks --before 'POST /users {"name": "Ada", "email": "ada@example.com"}' \\
    --data '{"title": "Tea", "userId": "{{1.id}}"}'
  bep diff GET /me --http login.http --header 'Authorization: Bearer {{login.accessToken}}'

Ids, times, tokens and cursors may differ: they are shown as <id 1>, <time>, <token>, <cursor>. What the brief leaves
to you, such as the wording of an error, is marked ~ and does not count.
Exit code: 0 the same, 1 different, 2 usage, bep, the environment, or a server that cannot be started.`,
    )
    .addOption(services())
    .addOption(json())
    .action((method: string | undefined, path: string | undefined, options: object) =>
      action(() => import('./commands/diff.js'))({ ...(options as DiffOptions), method, path }),
    )

  command('watch', 'check again on every save', 'bep watch')
    .addOption(services())
    .action(action(() => import('./commands/watch.js')))

  command('hint', 'the next hint for the check that failed last', 'bep hint\nbep hint --all')
    .option('--all', 'all hints')
    .addOption(json())
    .action(action(() => import('./commands/hint.js')))

  command(
    'grade [paths...]',
    'grade the workspace on a fresh database, or a batch of submissions',
    `bep grade
     bep grade --out grade.json --junit grade.xml --seed 42
     bep grade --isolation sandbox      (what somebody else wrote)
     bep grade submissions/             (all folders, archives and repositories in it; records go to grades/)
     bep grade roster.csv               (columns id, name, submission: where the work of each student is)
     bep grade ada.zip https://github.com/ben/task-api.git#v1
     bep grade submissions/ --out grades-1 --project project-1 --require sandbox --jobs 4
     bep grade submissions/ --resume    (goes on after a crash, Ctrl-C or errors; only what is new or changed is graded)
     bep grade submissions/ --regrade ada bob
     bep grade submissions/ --queue redis://:password@host:6379
     bep grade --report grades --disclosure rows
     bep grade --gradescope-autograder autograder --project project-1
     bep grade --keygen grading.pem
     bep grade --verify grades/records/ada.json --public-key grading.pem.pub`,
  )
    .option(
      '--out <path>',
      'where to write: a file (default: results.json), for a batch a folder (default: grades)',
    )
    .option('--junit <file>', 'write a JUnit report, too')
    .option('--no-bench', 'leave the performance rows out')
    .addOption(
      new Option(
        '--isolation <tier>',
        'run a copy of the server kept from this machine; its speed is not measured (a batch: auto)',
      ).choices(['auto', ...tiers]),
    )
    .addOption(
      new Option('--require <tier>', 'the weakest isolation that will do; implies --isolation auto').choices(
        tiers,
      ),
    )
    .option('--allow-scripts', 'let its packages run install scripts, isolated; implies --isolation auto')
    .option('--project <id>', 'batch: submissions of other projects cannot be graded')
    .option('--jobs <n>', 'batch: how many at a time (default: by cores and memory)', positive)
    .option('--retries <n>', 'batch: how often to try again after an error of ours (default: 1)', wholeNumber)
    .option('--resume', 'batch: go on with the records that are in --out')
    .option('--only <ids...>', 'batch: grade these submissions alone')
    .option('--regrade <ids...>', 'batch: grade these again, and go on with the others')
    .option('--key <file>', "batch: sign with this key (default: one of bep's own)")
    .option('--queue <url>', 'batch: have workers grade (`bep worker`); `env` takes the URL from BEP_QUEUE')
    .option('--collect', 'batch: go on collecting what was handed in to --queue (the same as --resume)')
    .option('--similarity', 'batch: say which submissions share code, too (as `bep similarity`)')
    .option('--keygen <file>', 'make a key for signing, and its public part beside it')
    .option('--verify <files...>', 'check the signatures of records and results, and say what they certify')
    .option('--public-key <file>', "the key that must have signed (default: bep's own)")
    .option(
      '--settings <file>',
      'batch: marks, lateness, extensions, disclosure (default: bep-grading.yml, if it is there)',
    )
    .addOption(
      new Option('--disclosure <level>', 'batch: what students are told').choices([
        'full',
        'names',
        'rows',
        'hidden',
      ]),
    )
    .option('--until <time>', 'batch: with --disclosure hidden, when that ends (2026-12-01T00:00Z)')
    .option('--due <time>', 'batch: when it was due, with an offset from UTC')
    .option('--report <folder>', 'write the reports of a batch again from its records; nothing is graded')
    .option('--gradescope-autograder <folder>', 'make an autograder of a --project to upload to Gradescope')
    .option('--gradescope <folder>', 'in that autograder: grade what Gradescope put there')
    .addHelpText(
      'after',
      `
Exit code of a batch: 0 every submission was dealt with, whatever its marks; 2 usage, bep, the environment, or a
submission that has no mark because of an error of ours. Of --verify: 0 all valid, 1 not, 2 usage.`,
    )
    .addOption(seed())
    .addOption(services())
    .addOption(json())
    .action((paths: string[], options: object) =>
      action(() => import('./commands/grade.js'))({ ...(options as GradeOptions), paths }),
    )

  command(
    'coverage',
    'what your own tests reach of your code, and what the grader reaches',
    'bep coverage\nbep coverage --tests --threshold 90\nbep coverage --grader --html report',
  )
    .option('--tests', 'only your `test` command of bep.yml')
    .option('--grader', 'only the grader: lines and routes that no check reaches')
    .option(
      '--threshold <percent>',
      'lines, branches and functions that your tests must reach (default: `coverage` in bep.yml, else 80)',
      percentage,
    )
    .option('--html <folder>', 'where the HTML reports go (default: coverage/ in the workspace)')
    .addOption(seed())
    .addOption(services())
    .addOption(json())
    .action(action(() => import('./commands/coverage.js')))

  command(
    'bench [project]',
    'measure your server against the reference, in one run on this machine',
    'bep bench\nbep bench --html bench.html --json\nbep bench --save-baseline bench.json\nbep bench --ci bench.json\nbep bench project-4   (outside a workspace: the reference against itself)',
  )
    .option('--html <file>', 'write a page with plots')
    .option('--save-baseline <file>', 'keep the ratios of this run')
    .option('--ci <file>', 'fail where a ratio lies below the one that was kept')
    .addOption(seed())
    .addOption(services())
    .addOption(json())
    .action((project: string | undefined, options: object) =>
      action(() => import('./commands/bench.js'))({ ...(options as BenchOptions), project }),
    )

  command('progress', 'what you have earned so far', 'bep progress\nbep progress --json')
    .addOption(json())
    .action(action(() => import('./commands/progress.js')))

  command(
    'reset [project]',
    'begin again: your files are moved aside, never deleted',
    'bep reset\nbep reset --data\nbep reset project-1 --progress --yes',
  )
    .option('--data', 'only the data of your server')
    .option('--progress', 'only your progress')
    .option('-y, --yes', 'do not ask')
    .addOption(json())
    .action((project: string | undefined, options: object) =>
      action(() => import('./commands/reset.js'))({ ...(options as ResetOptions), project }),
    )

  command('doctor', 'look for what could keep bep from working', 'bep doctor\nbep doctor --fix')
    .option('--fix', 'install what is missing')
    .addOption(json())
    .action(action(() => import('./commands/doctor.js')))

  command(
    'verify [projects...]',
    'prove the graders: references, starters, null apps and planted bugs',
    'bep verify project-1\nbep verify --all --shard 1/4 --junit verify.xml\nbep verify --all --quick --repeat 25\nbep verify project-1 --bugs tie-less-cursor\nbep verify project-1 --generated --sample 60 --seed 7\nbep verify project-1 --generated --in tasks.ts users.ts:33\nbep verify project-1 --quick --bench',
  )
    .option('--all', 'every project that is no preview')
    .option('--quick', 'leave the planted bugs out')
    .addOption(
      new Option('--bugs <ids...>', 'plant these bugs of one project only').conflicts([
        'all',
        'quick',
        'shard',
      ]),
    )
    .addOption(
      new Option('--generated', 'try mutants made by rule only: most must be caught').conflicts([
        'bugs',
        'quick',
        'repeat',
      ]),
    )
    .addOption(
      new Option('--sample <n>', 'draw n of the mutants made by rule')
        .argParser(positive)
        .implies({ generated: true }),
    )
    .addOption(
      new Option('--in <places...>', 'only the mutants in these files or on these lines').implies({
        generated: true,
      }),
    )
    .addOption(new Option('--shard <i/n>', 'do the i-th of n parts of the work').argParser(shard))
    .addOption(
      new Option('--bench', 'measure the reference against itself and against slow variants').conflicts(
        'bugs',
      ),
    )
    .addOption(
      new Option(
        '--repeat <n>',
        'grade each app n times, idle and under load: no verdict may change',
      ).argParser(repetitions),
    )
    .option('--junit <file>', 'write a JUnit report')
    .addOption(seed())
    .addOption(services())
    .addOption(json())
    .action((projects: string[], options: object) =>
      action(() => import('./commands/verify.js'))({ ...(options as VerifyOptions), projects }),
    )

  command(
    'worker',
    'grade what `bep grade --queue` hands in, together with other workers',
    `bep worker                         (the queue is in BEP_QUEUE, as redis://:password@host:6379)
     bep worker --queue rediss://host --jobs 2 --metrics-port 9464
     bep worker --status`,
  )
    .addOption(
      // Its value may hold a password: help shows where it comes from, not what it is.
      new Option('--queue <url>', 'the Redis with the queue: redis:// or rediss://').env('BEP_QUEUE'),
    )
    .option('--status', 'say how the queue stands, and who works for it')
    .option('--jobs <n>', 'how many at a time (default: by cores and memory)', positive)
    .addOption(
      new Option('--isolation <tier>', 'how submissions are kept from this machine')
        .choices(['auto', ...tiers])
        .default('auto'),
    )
    .addOption(
      new Option('--require <tier>', 'the weakest isolation that will do').choices(tiers).default('sandbox'),
    )
    .option('--takeover-after <seconds>', 'a worker that is silent for so long has died', positive, 30)
    .option(
      '--grace <seconds>',
      'how long to finish after SIGTERM, before work is given back',
      wholeNumber,
      60,
    )
    .option('--metrics-port <number>', 'serve /metrics for Prometheus, and /health (0: any)', freeOrPort)
    .option('--metrics-host <address>', 'where to serve them', '127.0.0.1')
    .addOption(services())
    .addOption(json())
    .action(action(() => import('./commands/worker.js')))

  command(
    'similarity <paths...>',
    'which submissions share code, for a human to judge',
    'bep similarity submissions/\nbep similarity roster.csv\nbep similarity submissions/ --html similar.html\nbep similarity ada/ grace/ --base handout/ --threshold 10',
  )
    .option('--base <folder>', 'code that everybody was given, besides the starter (repeatable)', collect)
    .option('--project <project>', 'whose starter everybody was given (default: what each bep.yml says)')
    .option('--threshold <percent>', 'list pairs of which one side shares this much', percentage, 20)
    .option('--min-match <tokens>', 'every match of this many tokens is found', positive, 30)
    .option('--noise <tokens>', 'shorter matches are never found', positive, 15)
    .option(
      '--common <n>',
      'leave out what more than n submissions hold (default: 10, or a fifth of them if that is more)',
      positive,
    )
    .option('--html <file>', 'write a page with both sources side by side')
    .option('--pairs <n>', 'how many pairs the table shows', positive, 20)
    .addOption(json())
    .action((paths: string[], options: object) =>
      action(() => import('./commands/similarity.js'))({ ...(options as SimilarityOptions), paths }),
    )

  const dev = command('dev', 'for those who write projects', 'bep dev new 02-blog-auth\nbep dev check')
  dev
    .command('new <slug>')
    .description('make the skeleton of a new project')
    .option('--title <title>', 'its title')
    .addOption(json())
    .exitOverride()
    .action((slug: string, options: object) =>
      action(() => import('./commands/dev-new.js'))({ ...(options as DevNewOptions), slug }),
    )
  dev
    .command('check [projects...]')
    .description('what is missing: brief, rows, checks, hints, planted bugs')
    .addOption(json())
    .exitOverride()
    .action((projects: string[], options: object) =>
      action(() => import('./commands/dev-check.js'))({ ...(options as object), projects }),
    )
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

type StartOptions = import('./commands/start.js').StartOptions
type CheckOptions = import('./commands/check.js').CheckOptions
type DiffOptions = import('./commands/diff.js').DiffOptions
type GradeOptions = import('./commands/grade.js').GradeOptions
type BenchOptions = import('./commands/bench.js').BenchOptions
type ResetOptions = import('./commands/reset.js').ResetOptions
type VerifyOptions = import('./commands/verify.js').VerifyOptions
type SimilarityOptions = import('./commands/similarity.js').SimilarityCommandOptions
type DevNewOptions = import('./commands/dev-new.js').DevNewOptions

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
