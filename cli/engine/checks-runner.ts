import path from 'node:path'
// Brings in the module that the kit's `RunContext` augments.
import type {} from 'vitest'
import {
  createVitest,
  type Reporter,
  type TestCase,
  type TestModule,
  type TestSpecification,
  type Vitest,
} from 'vitest/node'
import { BepError, messageOf } from '../../fixtures/bep-error.js'
import type { CheckMeta, RunContext, SentRequest } from '../../graders/kit/run-context.js'
import { lastingThreads } from './lasting-worker.js'
import { packageRoot } from './project-files.js'

/** A check that has run, as Vitest reports it. */
export interface RanCheck {
  readonly title: string
  readonly meta: CheckMeta
  readonly requests: readonly SentRequest[]
  readonly test: TestCase
}

/** A check of a project that has been read but not run. */
export interface ListedCheck {
  readonly title: string
  /** Name of the compiled file that it is in. */
  readonly file: string
  readonly meta: CheckMeta
}

/** Runs check files in one worker of its own, in the given order; the same worker serves run after run. */
export interface ChecksRunner {
  run(files: readonly string[], context: RunContext, options: ChecksOptions): Promise<void>
  /** Reads the checks of these files without running them. */
  list(files: readonly string[]): Promise<readonly ListedCheck[]>
  /** Ends a run early; the checks that have not begun are skipped. */
  cancel(): Promise<void>
  stop(): Promise<void>
}

interface ChecksOptions {
  /** Skip what comes after the first check that fails. */
  readonly bail: boolean
  readonly onCheck: (check: RanCheck) => void
}

/**
 * Starts a runner. It is configured here alone: no file of the learner's and no environment variable takes
 * part. What Vitest itself cannot load is thrown as `GRADER_BROKEN`.
 */
export async function startChecksRunner(): Promise<ChecksRunner> {
  let onCheck: (check: RanCheck) => void = () => undefined
  let order: readonly string[] = []
  const threads = lastingThreads()
  const reporter: Reporter = {
    onTestCaseResult(test) {
      const meta = metaOf(test)
      if (meta) onCheck({ title: test.name, meta, requests: requestsOf(test), test })
    },
  }
  const vitest: Vitest = await withoutNewProcessListeners(() =>
    createVitest(
      'test',
      {
        root: packageRoot,
        config: false,
        watch: false,
        include: [],
        exclude: [],
        reporters: [reporter],
        pool: threads,
        isolate: false,
        fileParallelism: false,
        maxWorkers: 1,
        retry: 0,
        passWithNoTests: true,
        printConsoleTrace: false,
        includeTaskLocation: false,
        sequence: {
          sequencer: class {
            async sort(specifications: TestSpecification[]) {
              return [...specifications].sort((a, b) => order.indexOf(a.moduleId) - order.indexOf(b.moduleId))
            }
            async shard(specifications: TestSpecification[]) {
              return specifications
            }
          },
        },
        server: {
          deps: {
            // Read anew for each run, also where bep itself is in node_modules.
            inline: [/\.check\.js$/],
            external: [/\/node_modules\/(?!bep\/)/, /\/dist\/(graders\/kit|fixtures)\//],
          },
        },
      },
      { envDir: false, logLevel: 'silent', clearScreen: false },
    ),
  )

  const specify = (files: readonly string[]) => {
    const project = vitest.getRootProject()
    return files.map(file => project.createSpecification(path.resolve(file)))
  }
  const throwIfBroken = (modules: readonly TestModule[], unhandled: readonly unknown[]) => {
    for (const module of modules) {
      const [error] = module.errors()
      if (error) throw broken(`${path.basename(module.moduleId)}: ${error.message}`, error)
    }
    const [first] = unhandled
    if (first) throw broken(messageOf((first as { message?: string }).message ?? first), first)
  }

  return {
    async run(files, context, options) {
      onCheck = options.onCheck
      vitest.config.bail = options.bail ? 1 : 0
      order = files
      vitest.provide('bep', context)
      vitest.state.clearErrors()
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specify(files), false)
      throwIfBroken(testModules, unhandledErrors)
    },
    async list(files) {
      const wanted = files.map(file => path.resolve(file))
      const { testModules, unhandledErrors } = await vitest.collectTests(specify(wanted))
      // Vitest gives what it has read before, too.
      const modules = testModules.filter(module => wanted.includes(module.moduleId))
      throwIfBroken(modules, unhandledErrors)
      return modules.flatMap(module =>
        [...module.children.allTests()].flatMap(test => {
          const meta = metaOf(test)
          return meta ? [{ title: test.name, file: path.basename(module.moduleId), meta }] : []
        }),
      )
    },
    cancel() {
      threads.discard()
      return vitest.cancelCurrentRun('keyboard-input')
    },
    async stop() {
      await vitest.close()
      await threads.close()
    },
  }
}

/**
 * Vitest ends the process on signals and on rejections nobody handled: bep would be gone before it has
 * stopped what it started. It sets its listeners before its first `await`.
 */
function withoutNewProcessListeners<T>(start: () => T): T {
  const events = ['SIGINT', 'SIGTERM', 'exit', 'unhandledRejection']
  const before = new Map(events.map(event => [event, new Set(process.rawListeners(event))]))
  const started = start()
  for (const event of events) {
    for (const listener of process.rawListeners(event)) {
      if (!before.get(event)?.has(listener)) process.off(event, listener as () => void)
    }
  }
  return started
}

const metaOf = (test: TestCase) => (test.meta() as { bep?: CheckMeta }).bep
const requestsOf = (test: TestCase) => (test.meta() as { requests?: readonly SentRequest[] }).requests ?? []

const broken = (message: string, cause: unknown) =>
  new BepError('GRADER_BROKEN', `the grader itself could not run: ${message}`, {
    fix: 'Run `bep doctor`; if it finds nothing, report this as a bug of bep.',
    cause,
  })
