import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Limits } from './limits.js'

/**
 * A control group (cgroups(7)) of either version with limits. A process joins by writing its pid into each of
 * `joinFiles`; what it starts from then on is in it too.
 */
export interface Cgroup {
  readonly joinFiles: readonly string[]
  /** Whether the kernel ended something in it for want of memory. */
  ranOutOfMemory(): Promise<boolean>
  liftCpuLimit(): Promise<void>
  /** Removes it; whatever was in it must have ended. */
  close(): Promise<void>
}

const root = '/sys/fs/cgroup'
const cpuPeriodUs = 100_000
const removeLimitMs = 5_000
const prefix = 'bep-'

/** Makes a control group, or gives undefined where this account may not. */
export async function openCgroup(name: string, limits: Limits): Promise<Cgroup | undefined> {
  const version2 = existsSync(path.join(root, 'cgroup.controllers'))
  const folders = version2 ? version2Settings(limits) : version1Settings(limits)
  const made: string[] = []
  try {
    for (const { parent, settings } of folders) {
      const dir = path.join(parent, prefix + name)
      await sweep(parent)
      await mkdir(dir)
      made.push(dir)
      for (const [file, value] of Object.entries(settings)) {
        // Without swap accounting the files about swap are not there, and the limit is of memory alone.
        if (file.includes('sw') && !existsSync(path.join(dir, file))) continue
        await writeFile(path.join(dir, file), String(value))
      }
    }
  } catch {
    await Promise.all(made.map(remove))
    return undefined
  }
  return {
    joinFiles: made.map(dir => path.join(dir, 'cgroup.procs')),
    async ranOutOfMemory() {
      const files = made.flatMap(dir =>
        ['memory.events', 'memory.oom_control'].map(file => path.join(dir, file)),
      )
      const texts = await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')))
      return texts.some(text => /^oom_kill [1-9]/m.test(text))
    },
    async liftCpuLimit() {
      for (const dir of made) {
        for (const [file, none] of Object.entries({ 'cpu.max': 'max', 'cpu.cfs_quota_us': '-1' })) {
          if (existsSync(path.join(dir, file))) await writeFile(path.join(dir, file), none)
        }
      }
    },
    close: async () => void (await Promise.all(made.map(remove))),
  }
}

interface Settings {
  readonly parent: string
  readonly settings: Readonly<Record<string, string | number>>
}

/** One folder holds all; its parent is the root, since a group that has processes cannot have limited children. */
function version2Settings({ memoryBytes, tasks, cpus }: Limits): Settings[] {
  return [
    {
      parent: root,
      settings: {
        'memory.max': memoryBytes,
        'memory.swap.max': 0,
        'memory.oom.group': 1,
        'pids.max': tasks,
        'cpu.max': `${Math.round(cpus * cpuPeriodUs)} ${cpuPeriodUs}`,
      },
    },
  ]
}

/** A folder in each controller's own tree, below bep's own group: its limits count as well. */
function version1Settings({ memoryBytes, tasks, cpus }: Limits): Settings[] {
  const own = new Map(
    readFileSync('/proc/self/cgroup', 'utf8')
      .split('\n')
      .flatMap(line => {
        const [, controllers = '', group = ''] = line.split(':')
        return controllers.split(',').map(controller => [controller, group] as const)
      }),
  )
  const below = (controller: string) => path.join(root, controller, own.get(controller) ?? '/')
  return [
    {
      parent: below('memory'),
      settings: { 'memory.limit_in_bytes': memoryBytes, 'memory.memsw.limit_in_bytes': memoryBytes },
    },
    { parent: below('pids'), settings: { 'pids.max': tasks } },
    {
      parent: below('cpu'),
      settings: {
        'cpu.cfs_period_us': cpuPeriodUs,
        'cpu.cfs_quota_us': Math.round(cpus * cpuPeriodUs),
      },
    },
  ]
}

const makingMs = 60_000

/** Removes what killed beps have left: groups without processes that are not just being made. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue
    const dir = path.join(parent, name)
    const { mtimeMs } = await stat(dir).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > makingMs) await rmdir(dir).catch(() => undefined)
  }
}

async function remove(dir: string): Promise<void> {
  const limit = performance.now() + removeLimitMs
  for (;;) {
    try {
      return await rmdir(dir)
    } catch (thrown) {
      // EBUSY: the last of its processes is still being taken down.
      if ((thrown as NodeJS.ErrnoException).code !== 'EBUSY' || performance.now() > limit) return
      await sleep(20)
    }
  }
}
