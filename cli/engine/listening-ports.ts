import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * The TCP ports on which the processes of a group listen; empty where there is no /proc to tell.
 * Reads the `LISTEN` rows (state 0A) of proc_net(5) and finds their sockets among the processes' files.
 */
export async function listeningPorts(processGroup: number): Promise<readonly number[]> {
  const inodes = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const rows = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)
    for (const row of rows) {
      const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/)
      if (state === '0A' && inode)
        inodes.set(`socket:[${inode}]`, Number.parseInt(local.split(':')[1] ?? '', 16))
    }
  }
  const ports = new Set<number>()
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // The command's name is in parentheses and may contain spaces: state, parent and group follow it.
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
    if (group !== processGroup) continue
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const port = inodes.get(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))
      if (port !== undefined) ports.add(port)
    }
  }
  return [...ports]
}
