import { Option } from 'commander'
import type { GradeOptions } from '../commands/grade.js'
import type { SimilarityCommandOptions as SimilarityOptions } from '../commands/similarity.js'
import {
  collect,
  freeOrPort,
  json,
  percentage,
  positive,
  seed,
  services,
  tiers,
  wholeNumber,
} from './options.js'
import type { Tree } from './tree.js'

/** The commands that make marks: of one's own workspace, and of what others handed in. */
export function addGrading({ command, action }: Tree): void {
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
      action(() => import('../commands/grade.js'))({ ...(options as GradeOptions), paths }),
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
    .action(action(() => import('../commands/worker.js')))

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
      action(() => import('../commands/similarity.js'))({ ...(options as SimilarityOptions), paths }),
    )
}
