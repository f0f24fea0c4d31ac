import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import { catalog, type Project } from '../../projects/catalog.js'
import type { CliContext, ExitCode } from '../context.js'
import { startApp } from '../engine/app.js'
import { choosePort } from '../engine/choose-port.js'
import { startDevServer } from '../engine/dev-server.js'
import { folderOf, getProject } from '../engine/find-project.js'
import { settingsFrom } from '../engine/grader.js'
import { install, needsInstall } from '../engine/install.js'
import { referenceDir, referenceMain } from '../engine/project-files.js'
import { announceServer, findRunningServer } from '../engine/running-server.js'
import { type Starter, scaffold } from '../engine/scaffold.js'
import { withSession } from '../engine/session.js'
import { type ServicesSetting, type StartedServices, startServices } from '../engine/stack.js'
import { findWorkspaceDir, readWorkspace, type Workspace, workspaceKey } from '../engine/workspace.js'
import { sweptNotice } from '../engine/workspace-grading.js'
import { openStartReport, type StartReport } from '../ui/start-report.js'

export interface StartOptions {
  readonly project?: string | undefined
  readonly dir?: string
  readonly starter: Starter
  readonly add?: boolean
  /** true: the reference alone (`--reference`); false: none (`--no-reference`). */
  readonly reference?: boolean
  readonly port?: number
  readonly services: ServicesSetting
  readonly json?: boolean
}

export async function run(options: StartOptions, context: CliContext): Promise<ExitCode> {
  const report = openStartReport(context, options.json === true)
  if (options.reference === true) {
    const project = options.project === undefined ? undefined : getProject(options.project)
    const dir = await findWorkspaceDir(context.cwd)
    await runReference(
      project ?? (dir === undefined ? missingProject() : (await readWorkspace(dir)).project),
      options,
      context,
      report,
    )
  } else {
    await runWorkspace(await openWorkspace(options, context, report), options, context, report)
  }
  return 0
}

function missingProject(): never {
  throw new BepError('NO_PROJECT', 'which project? There is no workspace here', {
    fix: `Name one: \`bep start ${catalog[0].id}\`. \`bep list\` shows all.`,
  })
}

/** The workspace to go on with, or a new one. */
async function openWorkspace(
  { project: name, dir, starter, add }: StartOptions,
  { cwd }: CliContext,
  report: StartReport,
): Promise<Workspace> {
  const project = name === undefined ? undefined : getProject(name)
  const inside = dir === undefined ? await findWorkspaceDir(cwd) : undefined
  if (inside !== undefined) {
    const workspace = await readWorkspace(inside)
    if (project === undefined || workspace.project.id === project.id) return workspace
  }
  if (project === undefined) return missingProject()
  const target = path.resolve(cwd, dir ?? folderOf(project))
  if ((await findWorkspaceDir(target)) === target) {
    const workspace = await readWorkspace(target)
    if (workspace.project.id === project.id) return workspace
    throw new BepError(
      'OTHER_PROJECT',
      `${target} is a workspace of ${workspace.project.id}, not of ${project.id}`,
      {
        fix: 'Choose another folder with `--dir`.',
      },
    )
  }
  const written = await scaffold(project, { dir: target, starter, add: add === true })
  report.done(`${path.relative(cwd, target) || '.'} has ${written.length} new files; the task is in BRIEF.md`)
  return readWorkspace(target)
}

async function runWorkspace(
  workspace: Workspace,
  options: StartOptions,
  context: CliContext,
  report: StartReport,
): Promise<void> {
  const { env, signal } = context
  const { project } = workspace
  const running = await findRunningServer(workspace)
  if (running) {
    throw new BepError(
      'ALREADY_RUNNING',
      `\`bep start\` runs in this workspace already (process ${running.pid}), at ${running.url}`,
      {
        fix: 'Use that one, or end it with Ctrl-C there. `bep check` and `bep watch` work beside it.',
      },
    )
  }
  const port = await choosePort(options.port, 3000)
  if (options.port === undefined && port !== 3000)
    report.notice(`port 3000 is taken: your server gets ${port}`)
  await withSession(env, async ({ home, run, swept }) => {
    if (swept.length > 0) report.notice(sweptNotice(swept.length))
    if (await needsInstall(workspace)) {
      report.busy(`installing dependencies (${workspace.install})`)
      await install(workspace, { env, run, signal, onLine: line => report.busy(line) })
      report.done('dependencies installed')
    }
    signal.throwIfAborted()
    report.busy('starting services')
    const services = await startServices(project, {
      home,
      run,
      provider: options.services,
      durable: await workspaceKey(workspace),
      ...settingsFrom(env, context.interactive),
      onNotice: line => report.notice(line),
    })
    const lost = servicesLost(services, signal)
    const started: { stop(): Promise<void> }[] = [services]
    try {
      report.services(services.origins)
      const stack = await services.openStack({ name: 'app' })
      started.push(stack)
      const url = `http://localhost:${port}`
      started.push({ stop: await announceServer(workspace, url) })
      const server = startDevServer(workspace, {
        port,
        env: stack.env,
        inherited: env,
        run,
        onEvent: event => report.server(event, url),
      })
      started.push(server)
      const ready = await Promise.race([server.firstStart, lost.settled])
      // With nobody there to mend it, a server that does not start is the end.
      if (ready === false && !context.interactive) throw report.startFailure ?? signal.reason
      signal.throwIfAborted()
      const reference =
        options.reference === false
          ? undefined
          : await startReference(project, services, port + 1, { run, env, signal })
      if (reference) started.push(reference)
      report.ready({ workspace, url, serviceUrls: stack.urls, referenceUrl: reference?.url })
      await lost.settled
    } finally {
      report.busy('stopping')
      await stopAll(started)
    }
  })
  report.stopped()
}

async function runReference(
  project: Project,
  options: StartOptions,
  { env, interactive, signal }: CliContext,
  report: StartReport,
): Promise<void> {
  const port = await choosePort(options.port, 3000)
  await withSession(env, async ({ home, run }) => {
    report.busy('starting services')
    const services = await startServices(project, {
      home,
      run,
      provider: options.services,
      durable: `reference-${project.slug}`,
      ...settingsFrom(env, interactive),
      onNotice: line => report.notice(line),
    })
    const lost = servicesLost(services, signal)
    const started: { stop(): Promise<void> }[] = [services]
    try {
      report.services(services.origins)
      const reference = await startReference(project, services, port, { run, env, signal })
      started.push(reference)
      report.ready({ referenceUrl: reference.url, serviceUrls: reference.serviceUrls })
      await lost.settled
    } finally {
      report.busy('stopping')
      await stopAll(started)
    }
  })
  report.stopped()
}

interface ReferenceSurroundings {
  readonly run: Parameters<typeof startApp>[0]['run']
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** Runs the project's reference on a database of its own. */
async function startReference(
  project: Project,
  services: StartedServices,
  fromPort: number,
  { run, env, signal }: ReferenceSurroundings,
) {
  const port = await choosePort(undefined, fromPort)
  const stack = await services.openStack({ name: 'reference' })
  const app = await startApp({
    command: `node ${JSON.stringify(referenceMain(project))}`,
    cwd: referenceDir(project),
    env: { ...project.variants[0], ...stack.env, NODE_ENV: 'production' },
    inherited: env,
    port,
    run,
    signal,
  }).catch(async (thrown: unknown) => {
    await stack.stop()
    throw thrown
  })
  return {
    url: `http://localhost:${app.port}`,
    serviceUrls: stack.urls,
    stop: () => stopAll([stack, app]),
  }
}

/** Stops the last first, and the others also when one cannot be stopped. */
async function stopAll(started: readonly { stop(): Promise<void> }[]): Promise<void> {
  const [last] = started.slice(-1)
  if (!last) return
  await last.stop().finally(() => stopAll(started.slice(0, -1)))
}

/** Settles when it is time to stop: resolves on a signal, rejects when a service has died. */
function servicesLost(services: StartedServices, signal: AbortSignal): { readonly settled: Promise<void> } {
  const settled = new Promise<void>((resolve, reject) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    services.onFailure(reason =>
      reject(
        new BepError('SERVICE_GONE', reason, {
          fix: 'Run `bep start` again; your data is kept. `bep doctor` looks for the cause.',
        }),
      ),
    )
  })
  settled.catch(() => undefined)
  return { settled }
}
