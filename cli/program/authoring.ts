import { Option } from 'commander'
import type { DevNewOptions } from '../commands/dev-new.js'
import type { VerifyOptions } from '../commands/verify.js'
import { json, positive, repetitions, seed, services, shard } from './options.js'
import type { Tree } from './tree.js'

/** The commands of those who write projects and their graders. */
export function addAuthoring({ command, action }: Tree): void {
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
      action(() => import('../commands/verify.js'))({ ...(options as VerifyOptions), projects }),
    )

  const dev = command('dev', 'for those who write projects', 'bep dev new 02-blog-auth\nbep dev check')
  dev
    .command('new <slug>')
    .description('make the skeleton of a new project')
    .option('--title <title>', 'its title')
    .addOption(json())
    .exitOverride()
    .action((slug: string, options: object) =>
      action(() => import('../commands/dev-new.js'))({ ...(options as DevNewOptions), slug }),
    )
  dev
    .command('check [projects...]')
    .description('what is missing: brief, rows, checks, hints, planted bugs')
    .addOption(json())
    .exitOverride()
    .action((projects: string[], options: object) =>
      action(() => import('../commands/dev-check.js'))({ ...(options as object), projects }),
    )
}
