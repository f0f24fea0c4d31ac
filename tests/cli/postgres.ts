import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Kills the Postgres servers of this home, as a crash would. */
export async function killPostgres(home: string): Promise<void> {
  for (const folder of ['runs', 'data']) {
    const root = path.join(home, folder)
    const entries = await readdir(root, { recursive: true }).catch(() => [])
    for (const file of entries.filter(entry => path.basename(entry) === 'postmaster.pid')) {
      const [pid] = (await readFile(path.join(root, file), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGKILL')
    }
  }
}
