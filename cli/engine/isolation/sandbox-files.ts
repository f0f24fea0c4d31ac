import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Run } from '../../../fixtures/run.js'
import { packageRoot } from '../project-files.js'

/** The places that every sandbox has, however it is made. */
export const inside = {
  /** The submission's folder. */
  folder: '/app',
  relay: '/run/bep/relay.mjs',
  sockets: '/run/bep/sockets',
  home: '/tmp',
} as const

/** The account that a submission sees itself as, where bep can choose it. */
export const insideId = 1000

const ownFiles: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0::/:/bin/false\napp:x:${insideId}:${insideId}::${inside.home}:/bin/sh\n`,
  group: `root:x:0:\napp:x:${insideId}:\n`,
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
}

/** Writes what sandboxes of a run read, where every account may read it; resolves to the folder. */
export async function writeSandboxFiles(run: Run): Promise<string> {
  const dir = path.join(run.dir, 'sandbox')
  await mkdir(path.join(dir, 'etc'), { recursive: true, mode: 0o755 })
  for (const [name, text] of Object.entries(ownFiles)) await writeFile(path.join(dir, 'etc', name), text)
  await copyFile(relayFile, path.join(dir, 'relay.mjs'))
  return dir
}

const relayFile = path.join(packageRoot, 'dist', 'cli', 'engine', 'isolation', 'relay.js')

const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
const systemSettings =
  /^(alternatives|ssl|ca-certificates|pki|ld\.so\.cache|ld\.so\.conf|ld\.so\.conf\.d|localtime|mime\.types|java.*)$/

/**
 * Bubblewrap's options that show the machine's programs read-only, with Node.js among them, and nothing of bep:
 * neither its graders nor its references, nor its home, where the key lies that signs grades.
 */
export function programMounts(
  filesDir: string,
  { nodeFile, home }: { readonly nodeFile: string; readonly home: string },
): string[] {
  const options: string[] = []
  for (const folder of systemFolders) {
    if (isLink(folder)) options.push('--symlink', readlinkSync(folder), folder)
  }
  const shown = shownFolders(nodeFile)
  for (const folder of shown) options.push('--ro-bind', folder, folder)
  for (const hidden of [packageRoot, home]) {
    if (shown.some(folder => isBelow(hidden, folder))) options.push('--tmpfs', hidden)
  }
  for (const name of readdirSync('/etc')) {
    if (systemSettings.test(name)) options.push('--ro-bind', `/etc/${name}`, `/etc/${name}`)
  }
  for (const name of Object.keys(ownFiles)) {
    options.push('--ro-bind', path.join(filesDir, 'etc', name), `/etc/${name}`)
  }
  return [...options, '--ro-bind', path.join(filesDir, 'relay.mjs'), inside.relay]
}

/** The folders that a sandbox shows, with all that lies in them: those of the system, and what Node.js is part of. */
function shownFolders(nodeFile: string): readonly string[] {
  const shown = systemFolders.filter(folder => existsSync(folder) && !isLink(folder))
  const nodePrefix = path.dirname(path.dirname(nodeFile))
  return shown.some(folder => isBelow(nodePrefix, folder)) ? shown : [...shown, nodePrefix]
}

/** Whether submissions see this file when their account may read it. */
export const isShownInSandbox = (file: string): boolean => {
  const place = realpathSync(file)
  return shownFolders(realpathSync(process.execPath)).some(folder => isBelow(place, folder))
}

const isLink = (file: string) => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true

const isBelow = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`)

/** The variables inside: the search path, and what the command is given. */
export function sandboxEnvironment(
  env: Readonly<Record<string, string>>,
  searchPath: string,
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    PATH: searchPath,
    HOME: inside.home,
    TMPDIR: inside.home,
    ...env,
  }
}

/**
 * The ports that variables lead to on this machine: the app's own services, as their URLs name them.
 */
export function servicePorts(env: Readonly<Record<string, string>>): readonly number[] {
  const ports = Object.values(env).flatMap(value => {
    if (!URL.canParse(value)) return []
    const { hostname, port } = new URL(value)
    return ['127.0.0.1', 'localhost'].includes(hostname) && port !== '' ? [Number(port)] : []
  })
  return [...new Set(ports)]
}

export const nodeSearchPath = (nodeFile: string, inherited: NodeJS.ProcessEnv) =>
  [path.dirname(nodeFile), inherited.PATH]
    .filter(part => part !== undefined && part !== '')
    .join(path.delimiter)
