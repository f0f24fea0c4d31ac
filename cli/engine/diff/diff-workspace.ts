import { setImmediate as breathe } from 'node:timers/promises'
import getPort from 'get-port'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import { monotonicUs } from '../../../graders/kit/exchange.js'
import { type AppCommand, type StartedApp, startApp } from '../app.js'
import { settingsFrom } from '../grader.js'
import { referenceDir, referenceMain } from '../project-files.js'
import { withSession } from '../session.js'
import { type ServicesSetting, type StartedServices, startServices } from '../stack.js'
import { nodeCommand } from '../verify/command.js'
import { getWorkspace, type Workspace } from '../workspace.js'
import { prepare, sweptNotice } from '../workspace-grading.js'
import { type Conversation, converse, type Sent } from './conversation.js'
import { type Diff, diffConversations } from './diff.js'
import type { Side } from './pairs.js'
import type { PlannedRequest } from './request-plan.js'

interface DiffOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Somebody is at the terminal. */
  readonly interactive: boolean
  readonly provider: ServicesSetting
  readonly signal: AbortSignal
  readonly onStep: (text: string) => void
  readonly onNotice: (line: string) => void
}

export interface WorkspaceDiff extends Diff {
  readonly workspace: Workspace
  /** What the learner's app printed from the request that is compared until the next. */
  readonly log: readonly string[]
}

/**
 * Starts the app of the workspace that `cwd` is in and the project's reference, each with databases of its own that
 * are empty, sends the requests to both and compares the answers to the last one. Nothing is left running.
 * @throws BepError NO_WORKSPACE, APP_… when an app does not start, SERVICE_GONE, and those of `diffConversations`.
 */
export async function diffWorkspace(
  plan: readonly PlannedRequest[],
  { cwd, env, interactive, provider, signal, onStep, onNotice }: DiffOptions,
): Promise<WorkspaceDiff> {
  const workspace = await getWorkspace(cwd)
  const { project } = workspace
  return withSession(env, async ({ home, run, swept }) => {
    if (swept.length > 0) onNotice(sweptNotice(swept.length))
    onStep('starting services')
    const services = await startServices(project, {
      home,
      run,
      provider,
      ...settingsFrom(env, interactive),
      onNotice,
    })
    try {
      await prepare(workspace, { env, run, signal, onStep })
      onStep('starting your server and the reference')
      const common = { services, run, inherited: env, signal }
      const apps = await bothOrNone({
        yours: startOn({ ...common, command: workspace.start, cwd: workspace.dir }),
        reference: startOn({
          ...common,
          command: nodeCommand(referenceMain(project)),
          cwd: referenceDir(project),
          settings: project.variants[0],
        }),
      })
      try {
        onStep('sending the requests')
        const [yours, reference] = await Promise.all([
          converse(apps.yours.url, plan, { signal }),
          converse(apps.reference.url, plan, { signal }),
        ])
        if (services.failure !== undefined) throw serviceGone(services.failure)
        const diff = diffConversations(plan, { yours, reference })
        return { ...diff, workspace, log: await logOf(diff.yours, yours, apps.yours.logs) }
      } finally {
        onStep('stopping')
        await Promise.all([apps.yours.stop(), apps.reference.stop()])
      }
    } finally {
      await services.stop()
    }
  })
}

/** What the server wrote from that request on, until the next. */
async function logOf(
  request: Sent,
  { sent }: Conversation,
  logs: StartedApp['logs'],
): Promise<readonly string[]> {
  // The answer may have been read before the lines that were written ahead of it: let the pipe be read, too.
  await breathe()
  await breathe()
  const next = sent[sent.indexOf(request) + 1]
  return logs.between(request.exchange.startedAtUs, next?.exchange.startedAtUs ?? monotonicUs())
}

interface AppOnServices extends Pick<AppCommand, 'command' | 'cwd' | 'inherited' | 'signal'> {
  readonly services: StartedServices
  readonly run: Run
  readonly settings?: Readonly<Record<string, string>> | undefined
}

type AppWithServices = Pick<StartedApp, 'url' | 'logs' | 'stop'>

/** Starts an app on databases of its own, which go with it. */
async function startOn({ services, settings, ...command }: AppOnServices): Promise<AppWithServices> {
  const stack = await services.openStack()
  try {
    const { url, logs, stop } = await startApp({
      ...command,
      env: { ...settings, ...stack.env, NODE_ENV: 'production' },
      port: await getPort({ host: '127.0.0.1' }),
    })
    return { url, logs, stop: () => stop().finally(() => stack.stop()) }
  } catch (thrown) {
    await stack.stop()
    throw services.failure === undefined ? thrown : serviceGone(services.failure)
  }
}

/** Waits for both; where one does not start, the other is stopped. */
async function bothOrNone(
  starting: Record<Side, Promise<AppWithServices>>,
): Promise<Record<Side, AppWithServices>> {
  const [yours, reference] = await Promise.allSettled([starting.yours, starting.reference])
  if (yours.status === 'fulfilled' && reference.status === 'fulfilled')
    return { yours: yours.value, reference: reference.value }
  for (const each of [yours, reference]) if (each.status === 'fulfilled') await each.value.stop()
  throw yours.status === 'rejected' ? yours.reason : (reference as PromiseRejectedResult).reason
}

const serviceGone = (reason: string) =>
  new BepError('SERVICE_GONE', reason, { fix: 'Run the command again; `bep doctor` looks for the cause.' })
