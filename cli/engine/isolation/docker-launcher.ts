import { PassThrough } from 'node:stream'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import { connectDocker, mayHaveDocker, RUN_LABEL } from '../../../fixtures/services/docker.js'
import { openBridge } from './bridge.js'
import { watchOutput } from './command-process.js'
import { watchFolder } from './folder-watch.js'
import { giveAway } from './give-away.js'
import { type AppLaunch, type CommandLaunch, type Launcher, stopGraceMs } from './launcher.js'
import { type Limits, usualLimits } from './limits.js'
import { outOfMemory } from './resource-watch.js'
import { inside, insideId, sandboxEnvironment, servicePorts, writeSandboxFiles } from './sandbox-files.js'
import { startedApp } from './started-app.js'

interface DockerOptions {
  readonly run: Run
  /** Takes `DOCKER_HOST` and `BEP_APP_IMAGE`, an image with Node.js. */
  readonly env: NodeJS.ProcessEnv
  readonly limits?: Limits
}

type Started = Omit<AppLaunch, 'port' | 'onLine'> &
  Pick<CommandLaunch, 'writable' | 'handlers'> & { readonly port?: number }

const usualImage = 'node:22-bookworm-slim'
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Runs commands in containers: a root that is read-only, a small `/tmp`, no network but the app's own services, no
 * privileges and no way to get any, an account that is not root, and limits.
 * @throws BepError DOCKER_UNREACHABLE, DOCKER_IMAGE_MISSING, DOCKER_REMOTE.
 */
export async function openDockerLauncher({
  run,
  env,
  limits = usualLimits,
}: DockerOptions): Promise<Launcher> {
  if (!mayHaveDocker(env.DOCKER_HOST)) {
    throw new BepError('DOCKER_UNREACHABLE', 'there is no Docker on this machine', {
      fix: 'Start Docker, or take --isolation sandbox.',
    })
  }
  if (process.platform !== 'linux' || (env.DOCKER_HOST ?? 'unix:').startsWith('unix:') === false) {
    throw new BepError('DOCKER_REMOTE', 'Docker isolation needs a daemon on this very Linux machine', {
      fix: 'The daemon must share folders and Unix sockets with bep; a virtual machine or another host cannot.',
    })
  }
  const { dockerode } = (await connectDocker()).container
  const image = env.BEP_APP_IMAGE ?? usualImage
  await dockerode
    .getImage(image)
    .inspect()
    .catch((cause: unknown) => {
      throw new BepError('DOCKER_IMAGE_MISSING', `Docker has no image ${image} to run submissions in`, {
        fix: `docker pull ${image}, or name another image with Node.js in BEP_APP_IMAGE.`,
        cause,
      })
    })
  const filesDir = await writeSandboxFiles(run)
  // Files of the folder are bep's user's; where that is root, they are given to the account inside.
  const isRoot = process.getuid?.() === 0
  const user = isRoot ? `${insideId}:${insideId}` : `${process.getuid?.()}:${process.getgid?.()}`

  const start = async (options: Started) => {
    const { command, cwd, mounts = {}, writable = false, port, handlers } = options
    if (isRoot && writable) await giveAway(cwd, insideId)
    const bridge = await openBridge({
      run,
      services: servicePorts(options.env),
      port,
      ...(handlers && { handlers }),
    })
    run.ownContainers()
    const bind = (source: string, target: string, mode = 'ro') => `${source}:${target}:${mode}`
    const container = await dockerode.createContainer({
      Image: image,
      Entrypoint: ['node', inside.relay, JSON.stringify(bridge.plan(command, inside.sockets))],
      Cmd: [],
      User: user,
      WorkingDir: inside.folder,
      Env: Object.entries({
        ...sandboxEnvironment(options.env, searchPath),
        ...(port !== undefined && { PORT: String(port) }),
      }).map(([name, value]) => `${name}=${value}`),
      Labels: { [RUN_LABEL]: run.id },
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: {
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${limits.scratchBytes}` },
        ShmSize: limits.scratchBytes,
        Memory: limits.memoryBytes,
        MemorySwap: limits.memoryBytes,
        PidsLimit: limits.tasks,
        NanoCpus: Math.round(limits.cpus * 1e9),
        Ulimits: [
          { Name: 'core', Soft: 0, Hard: 0 },
          { Name: 'nofile', Soft: limits.openFiles, Hard: limits.openFiles },
          { Name: 'fsize', Soft: limits.folderBytes, Hard: limits.folderBytes },
        ],
        // What it prints goes to bep alone, and never to the daemon's disk.
        LogConfig: { Type: 'none', Config: {} },
        Binds: [
          bind(cwd, inside.folder, writable ? 'rw' : 'ro'),
          ...Object.entries(mounts).map(([at, source]) => bind(source, `${inside.folder}/${at}`)),
          bind(`${filesDir}/relay.mjs`, inside.relay),
          bind(bridge.dir, inside.sockets),
        ],
      },
    })
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    let breach: string | undefined
    const kill = () => container.remove({ force: true, v: true }).catch(ignoreGone)
    const output = await container.attach({ stream: true, stdout: true, stderr: true })
    dockerode.modem.demuxStream(output, stdout, stderr)
    const printed = new Promise<void>(resolve => {
      output.on('end', resolve).on('close', resolve).on('error', resolve)
    }).then(() => {
      stdout.end()
      stderr.end()
    })
    const exited = container
      .wait({ condition: 'next-exit' })
      .then(({ StatusCode }: { StatusCode: number }) => ({ code: StatusCode }))
      .catch(() => ({ code: null, signal: 'SIGKILL' as const }))
    await container.start()
    const unwatch = writable
      ? watchFolder(cwd, limits.folderBytes, what => {
          breach ??= what
          kill().catch(() => undefined)
        })
      : () => undefined
    return {
      process: {
        stdout,
        stderr,
        exited,
        closed: exited.then(ending => printed.then(() => ending)),
      },
      bridge,
      reason: async () => {
        if (breach !== undefined) return breach
        const { State } = await container.inspect()
        return State.OOMKilled ? outOfMemory(limits) : undefined
      },
      end: async (graceMs: number) => {
        if (graceMs > 0) {
          bridge.askToEnd()
          await Promise.race([exited, new Promise(resolve => setTimeout(resolve, graceMs).unref())])
        }
        await kill()
        unwatch()
        await bridge.close()
      },
    }
  }

  return {
    tier: 'docker',
    async launch({ onLine, port, ...options }) {
      const { process, bridge, reason, end } = await start({ ...options, port })
      return startedApp(process, {
        port,
        onLine,
        listeningPorts: async () => bridge.listening,
        explain: reason,
        stop: () => end(stopGraceMs),
      })
    },
    async run({ limitMs, output, signal, ...options }) {
      const { process, reason, end } = await start(options)
      const { failure, ...ran } = await watchOutput(process, { limitMs, output, signal })
      const why = failure === undefined ? undefined : ((await reason().catch(() => undefined)) ?? failure)
      await end(0)
      return { ...ran, ...(why !== undefined && { failure: why }) }
    },
  }
}

function ignoreGone(error: unknown): void {
  // 404: removed already. 409: being removed.
  const status = (error as { statusCode?: number }).statusCode
  if (status !== 404 && status !== 409) throw error
}
