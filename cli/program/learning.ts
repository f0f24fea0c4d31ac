import { Option } from 'commander'
import type { BenchOptions } from '../commands/bench.js'
import type { CheckOptions } from '../commands/check.js'
import type { DiffOptions } from '../commands/diff.js'
import type { ResetOptions } from '../commands/reset.js'
import type { StartOptions } from '../commands/start.js'
import { collect, json, percentage, port, seed, services } from './options.js'
import type { Tree } from './tree.js'

/** The commands of somebody who works on a project. */
export function addLearning({ command, action }: Tree): void {
  command('list', 'all projects of the path', 'bep list\nbep list --json')
    .addOption(json())
    .action(action(() => import('../commands/list.js')))

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
      action(() => import('../commands/start.js'))({ ...(options as StartOptions), project }),
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
      action(() => import('../commands/check.js'))({ ...(options as CheckOptions), rows }),
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
      action(() => import('../commands/diff.js'))({ ...(options as DiffOptions), method, path }),
    )

  command('watch', 'check again on every save', 'bep watch')
    .addOption(services())
    .action(action(() => import('../commands/watch.js')))

  command('hint', 'the next hint for the check that failed last', 'bep hint\nbep hint --all')
    .option('--all', 'all hints')
    .addOption(json())
    .action(action(() => import('../commands/hint.js')))

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
    .action(action(() => import('../commands/coverage.js')))

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
      action(() => import('../commands/bench.js'))({ ...(options as BenchOptions), project }),
    )

  command('progress', 'what you have earned so far', 'bep progress\nbep progress --json')
    .addOption(json())
    .action(action(() => import('../commands/progress.js')))

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
      action(() => import('../commands/reset.js'))({ ...(options as ResetOptions), project }),
    )

  command('doctor', 'look for what could keep bep from working', 'bep doctor\nbep doctor --fix')
    .option('--fix', 'install what is missing')
    .addOption(json())
    .action(action(() => import('../commands/doctor.js')))
}
