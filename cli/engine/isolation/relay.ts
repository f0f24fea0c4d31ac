/**
 * Runs inside a sandbox, before the submission. The sandbox has a network of its own that leads nowhere; this
 * joins it to Unix sockets that bep listens on, and starts the command. It stands alone: one file, Node only.
 *
 * Whatever it tells bep could as well come from the submission, which may talk to the same sockets: it is only
 * ever taken as the submission's own word.
 */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** The relay's one argument, as JSON. */
export interface RelayPlan {
  /** Ports to offer on 127.0.0.1, and the sockets they lead to. */
  readonly inward: readonly { readonly port: number; readonly socket: string }[]
  /** Where bep waits for `channels`: see there. */
  readonly outward: string
  /** The app's port; absent for a command that serves nothing. */
  readonly port?: number
  readonly command: string
}

/**
 * First byte of each connection to `outward`. On the one control channel the relay writes the listening ports as
 * lines of JSON, and bep writes a line to have the command ended. A spare channel waits until bep asks for the app
 * by one byte; it is answered `joined` or `refused`, and from then on is a connection to the app.
 */
export const channels = { control: 'C', spare: 'S', joined: 'J', refused: 'R' } as const

const spareChannels = 8
/**
 * A look at all ports takes milliseconds, as the kernel walks the table of all connections on the machine. Between two
 * looks the app's port is tried until it opens, and one more is due when it turns out to be closed.
 */
const tellEveryMs = 1_000

const [, ownFile = '', plan] = process.argv
// bep imports this file too.
if (import.meta.url === pathToFileURL(ownFile).href) await relay(JSON.parse(plan ?? '') as RelayPlan)

async function relay({ inward, outward, port, command }: RelayPlan): Promise<void> {
  for (const { port: from, socket } of inward) await offer(from, socket)
  const control = connect(outward)
  control.on('error', () => undefined).write(channels.control)
  // bep is gone: so is everything in here, as this is the first process.
  control.on('close', () => process.exit(1))
  const child = spawn(command, { shell: true, detached: true, stdio: 'inherit' })
  child.on('error', () => process.exit(127))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  control.on('data', () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGTERM')
    } catch {
      // It is ending already.
    }
  })
  if (port === undefined) return
  let isOpen = false
  let told = ''
  const tellPorts = async () => {
    const ports = await listening()
    isOpen = ports.includes(port)
    const text = JSON.stringify(ports)
    if (text !== told) control.write(`${text}\n`)
    told = text
  }
  let toldAt = 0
  const lookAgain = () => {
    toldAt = 0
  }
  for (let n = 0; n < spareChannels; n++) openSpare(outward, port, lookAgain)
  for (; !control.destroyed; await sleep(process.uptime() < 5 ? 20 : 100)) {
    const isDue = toldAt === 0 || performance.now() - toldAt > tellEveryMs
    if (!isDue && (isOpen || !(await accepts(port)))) continue
    await tellPorts()
    toldAt = performance.now()
  }
}

async function offer(port: number, socket: string): Promise<void> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client =>
    join(client, connect({ path: socket, allowHalfOpen: true })),
  )
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
}

/** Waits for bep to want the app, and then opens the next. */
function openSpare(outward: string, port: number, onRefused: () => void): void {
  const bep = connect({ path: outward, allowHalfOpen: true })
  bep.on('error', () => undefined)
  bep.write(channels.spare)
  bep.once('data', asked => {
    bep.pause()
    if (asked.length > 1) bep.unshift(asked.subarray(1))
    openSpare(outward, port, onRefused)
    const app = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const refuse = () => {
      bep.end(channels.refused)
      onRefused()
    }
    app.once('error', refuse)
    app.once('connect', () => {
      app.off('error', refuse)
      bep.write(channels.joined)
      join(bep, app)
    })
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** Makes one connection of two. */
export function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      // What was said before the end still goes on its way.
      if (!from.readableEnded) to.destroy()
    })
  }
}

/** The ports that somebody listens on in here: rows in state LISTEN (0A) of proc_net(5). */
async function listening(): Promise<number[]> {
  const ports = new Set<number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const row of (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const [, local = '', , state] = row.trim().split(/\s+/)
      if (state === '0A') ports.add(Number.parseInt(local.split(':')[1] ?? '', 16))
    }
  }
  return [...ports].sort((a, b) => a - b)
}
