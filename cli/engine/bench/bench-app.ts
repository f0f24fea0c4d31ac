import getPort from 'get-port'
import pg from 'pg'
import { request as send } from 'undici'
import { BepError, messageOf } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import { type Bench, type BenchAnswer, type BenchApp, BenchFault } from '../../../graders/kit/bench.js'
import { randomFor } from '../../../graders/kit/random.js'
import { type StartedApp, startApp } from '../app.js'
import type { Subject } from '../checks-run.js'
import type { StartedServices, StartedStack } from '../stack.js'
import { runWorkspaceCommand } from '../workspace-command.js'

const REQUEST_LIMIT_MS = 5_000
const SEED_LIMIT_MS = 120_000
const MOST_PRINTED = 2_000

/** An app that is ready for load, with its data in place. */
export interface PreparedApp {
  readonly url: string
  readonly app: BenchApp
  /** What the benchmark's `prepare` has given. */
  readonly data: unknown
  readonly stack: StartedStack
  /** Stops the app and deletes its data. */
  stop(): Promise<void>
}

interface PrepareOptions {
  readonly services: StartedServices
  readonly run: Run
  readonly inherited: NodeJS.ProcessEnv
  readonly randomSeed: number
  readonly signal: AbortSignal
  /** What the benchmark's `seed.make` has given, and the folder with its files. */
  readonly bulk?: { readonly data: unknown; readonly dir: string } | undefined
  /** An app of the same tables that was prepared before and is stopped: its bulk data is copied. */
  readonly copyOf?: StartedStack | undefined
}

/**
 * Starts the app on services of its own, around the taps, and puts the benchmark's data in. Nothing of it is
 * left when this throws.
 * @throws BepError APP_… when it does not start; BenchFault when it has no seed command that works, or its API
 *   does not take the data.
 */
export async function prepareApp(
  subject: Subject,
  bench: Bench,
  options: PrepareOptions,
): Promise<PreparedApp> {
  const { services, bulk, copyOf, signal } = options
  const stack = await services.openStack(copyOf && { copyOf })
  let started: StartedApp | undefined
  try {
    if (bulk && !copyOf) await runSeed(subject, bulk.dir, { stack, ...options })
    started = await start(subject, { stack, ...options })
    const app = openApp(started.url, stack, options)
    const data = await bench.prepare(app, bulk?.data)
    await analyze(stack)
    signal.throwIfAborted()
    const { url, stop } = started
    return { url, app, data, stack, stop: () => stop().finally(() => stack.stop()) }
  } catch (thrown) {
    await started?.stop()
    await stack.stop()
    throw thrown
  }
}

/** Fills a database once for several apps of the same tables; they copy it. */
export async function prepareTemplate(
  subject: Subject,
  seedDir: string,
  options: PrepareOptions,
): Promise<StartedStack> {
  const stack = await options.services.openStack()
  try {
    await runSeed(subject, seedDir, { stack, ...options })
    await analyze(stack)
    return stack
  } catch (thrown) {
    await stack.stop()
    throw thrown
  }
}

interface StartOptions extends PrepareOptions {
  readonly stack: StartedStack
}

async function start({ command, dir, settings }: Subject, options: StartOptions): Promise<StartedApp> {
  const { stack, run, inherited, signal } = options
  return startApp({
    command,
    cwd: dir,
    env: { ...settings, ...aroundTaps(stack), NODE_ENV: 'production' },
    inherited,
    port: await getPort({ host: '127.0.0.1' }),
    run,
    signal,
  })
}

const variables = { postgres: 'DATABASE_URL', redis: 'REDIS_URL', mongodb: 'MONGODB_URL' } as const

/** The contract's variables with the services' own addresses: a tap would be measured, too. */
function aroundTaps({ urls, secrets }: StartedStack): Record<string, string> {
  const services = Object.entries(urls).map(([kind, url]) => [variables[kind as keyof typeof variables], url])
  return { ...secrets, ...Object.fromEntries(services) }
}

/** The app makes its tables, then its seed command fills them, and the app is stopped. */
async function runSeed(subject: Subject, seedDir: string, options: StartOptions): Promise<void> {
  const { stack, run, inherited, signal } = options
  if (subject.seed === undefined) {
    throw new BenchFault('bep.yml has no `seed` command, which the benchmark needs for its data')
  }
  const app = await start(subject, options)
  try {
    let printed = ''
    const { failure } = await runWorkspaceCommand({
      command: subject.seed,
      cwd: subject.dir,
      env: { ...subject.settings, ...aroundTaps(stack), SEED_DIR: seedDir },
      inherited,
      run,
      limitMs: SEED_LIMIT_MS,
      signal,
      onOutput: text => {
        printed = (printed + text).slice(-MOST_PRINTED)
      },
    })
    signal.throwIfAborted()
    if (failure !== undefined) {
      const last = printed.trim().split('\n').slice(-3).join('\n')
      throw new BenchFault(`the seed command \`${subject.seed}\` failed: ${failure}\n${last}`.trim())
    }
  } finally {
    await app.stop()
  }
}

/** No autovacuum comes along in the middle: all apps begin with the statistics of what is there. */
async function analyze({ adminUrls }: StartedStack): Promise<void> {
  if (adminUrls.postgres === undefined) return
  const client = new pg.Client({ connectionString: adminUrls.postgres })
  await client.connect()
  try {
    await client.query('VACUUM ANALYZE')
  } finally {
    await client.end()
  }
}

function openApp(
  url: string,
  { adminUrls, secrets }: StartedStack,
  { randomSeed, signal }: Pick<PrepareOptions, 'randomSeed' | 'signal'>,
): BenchApp {
  const app: BenchApp = {
    adminUrls,
    secrets,
    random: randomFor(randomSeed, 'prepare'),
    async send({ method = 'GET', path, headers, body }): Promise<BenchAnswer> {
      try {
        const answer = await send(url + path, {
          method,
          headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
          body: body ? JSON.stringify(body) : null,
          signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]),
        })
        const text = await answer.body.text()
        return { status: answer.statusCode, headers: lowerCased(answer.headers), body: parsedBody(text) }
      } catch (cause) {
        signal.throwIfAborted()
        throw new BenchFault(`${method} ${path}: ${messageOf(cause)}`, { cause })
      }
    },
    async ask(request) {
      const { status, body } = await app.send(request)
      if (status >= 200 && status < 300) return body
      throw new BenchFault(`${request.method ?? 'GET'} ${request.path} answered ${status}`)
    },
    async emptyRedis() {
      if (adminUrls.redis === undefined) throw new BepError('BENCH_BROKEN', 'this project has no Redis')
      const { Redis } = await import('ioredis')
      const client = new Redis(adminUrls.redis, { lazyConnect: true })
      try {
        await client.connect()
        await client.flushall()
      } finally {
        client.disconnect()
      }
    },
  }
  return app
}

export function parsedBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function lowerCased(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}
