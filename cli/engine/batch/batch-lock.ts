import { readlinkSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { BepError } from '../../../fixtures/bep-error.js'
import { processStartedAt } from '../../../fixtures/processes.js'

const holderSchema = z.object({
  pid: z.int(),
  startedAt: z.string(),
  machine: z.string().describe('where the pid means anything'),
})

const lockFile = /^\.lock-[\w-]+\.json$/

/**
 * Keeps a folder for this process, until the function that it resolves to is called. Each process writes a file of its
 * own name and then looks for those of others: of two that begin at once at most one stays. Those of processes that
 * are dead are deleted.
 * @throws BepError BATCH_LOCKED
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const { pid } = process
  const own = `.lock-${pid}-${machine().replaceAll(/\W/g, '-')}.json`
  const release = () => rm(path.join(dir, own), { force: true })
  const holder = { pid, startedAt: processStartedAt(pid) ?? '', machine: machine() }
  await writeFileAtomic(path.join(dir, own), `${JSON.stringify(holder)}\n`)
  try {
    const others = (await readdir(dir)).filter(name => lockFile.test(name) && name !== own)
    for (const other of others) await assertDead(path.join(dir, other))
  } catch (thrown) {
    await release()
    throw thrown
  }
  return release
}

/** Deletes the lock of a dead process. */
async function assertDead(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const holder = holderSchema.safeParse(parsed(text)).data
  const isAlive =
    holder && (holder.machine !== machine() || processStartedAt(holder.pid) === holder.startedAt)
  if (!isAlive) return rm(file, { force: true })
  const elsewhere = holder.machine === machine() ? '' : ' of another machine or container'
  throw new BepError(
    'BATCH_LOCKED',
    `another bep grades into ${path.dirname(file)} (process ${holder.pid}${elsewhere})`,
    {
      fix:
        elsewhere === ''
          ? 'Wait for it, or name another folder with --out.'
          : `Wait for it, or name another folder with --out. If it is surely dead, delete ${file}.`,
    },
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** On Linux with the pid namespace (pid_namespaces(7)): containers may share a folder. */
function machine(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
