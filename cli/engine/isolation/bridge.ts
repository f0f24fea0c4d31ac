import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { BepError } from '../../../fixtures/bep-error.js'
import type { Run } from '../../../fixtures/run.js'
import { channels, join, type RelayPlan } from './relay.js'

/** bep's end of the sockets that lead into one sandbox. */
export interface Bridge {
  /** The folder with the sockets; all that a sandbox needs of it is to read it. */
  readonly dir: string
  /** What the relay is told, given where it sees `dir`. */
  plan(command: string, seenDir: string): RelayPlan
  /** The ports in there on which the app listens, as the relay tells. */
  readonly listening: readonly number[]
  /** Asks for the command to be ended by SIGTERM. */
  askToEnd(): void
  close(): Promise<void>
}

interface BridgeOptions {
  readonly run: Run
  /** Ports of this machine's 127.0.0.1 that can be reached from inside under the same number. */
  readonly services: readonly number[]
  /** Further ports inside, each served by a function. */
  readonly handlers?: ReadonlyMap<number, (socket: Socket) => void>
  /** The app's port: taken on 127.0.0.1 while the app listens on it inside. */
  readonly port?: number | undefined
}

/** More than any honest pool; a hostile one must use up neither bep's file descriptors nor a service's connections. */
const maxConnections = 100
const maxClients = 256
const maxSpare = 32
/** `sun_path` of unix(7), less its end. */
const maxSocketPath = 107
let made = 0

/** Opens the sockets; the caller closes them. */
export async function openBridge({ run, handlers, port, ...options }: BridgeOptions): Promise<Bridge> {
  const services = options.services.filter(service => !handlers?.has(service))
  made += 1
  const dir = path.join(run.dir, `b${made}`)
  if (path.join(dir, '65535').length > maxSocketPath) {
    throw new BepError('HOME_TOO_LONG', `${run.home} is too long a path for the sockets of a sandbox`, {
      fix: 'Set BEP_HOME to a folder with a shorter path.',
    })
  }
  await mkdir(dir, { mode: 0o711 })
  const open = new Set<Socket>()
  const servers: Server[] = []
  const serve = async (name: string, limit: number, accept: (socket: Socket) => void) => {
    const server = createServer({ allowHalfOpen: true }, socket => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => undefined)
      accept(socket)
    })
    server.maxConnections = limit
    servers.push(server)
    server.listen(path.join(dir, name))
    await once(server, 'listening')
    // The account inside is another one; nobody else can find the folder.
    await chmod(path.join(dir, name), 0o666)
  }
  for (const service of services) {
    await serve(String(service), maxConnections, socket =>
      join(socket, connect({ port: service, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })),
    )
  }
  for (const [name, handler] of handlers ?? []) await serve(String(name), maxConnections, handler)

  const door = createDoor(port)
  let control: Socket | undefined
  let listening: readonly number[] = []
  await serve('out', maxClients + maxSpare, socket => {
    socket.once('data', first => {
      socket.pause()
      if (first.length > 1) socket.unshift(first.subarray(1))
      const kind = String.fromCharCode(first[0] ?? 0)
      if (kind === channels.spare) door.addSpare(socket)
      else if (kind === channels.control && !control) {
        control = socket
        readPorts(socket, ports => {
          listening = ports.filter(open => !services.includes(open) && !handlers?.has(open))
          door.setOpen(port !== undefined && ports.includes(port))
        })
      } else socket.destroy()
    })
  })
  return {
    dir,
    plan: (command, seenDir) => ({
      command,
      outward: path.posix.join(seenDir, 'out'),
      inward: [...services, ...(handlers?.keys() ?? [])].map(each => ({
        port: each,
        socket: path.posix.join(seenDir, String(each)),
      })),
      ...(port !== undefined && { port }),
    }),
    get listening() {
      return listening
    },
    askToEnd: () => void control?.write('end\n'),
    async close() {
      door.close()
      for (const server of servers) server.close()
      for (const socket of open) socket.destroy()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Reads lines of JSON with port numbers; what is anything else, or without end, is the sender's loss. */
function readPorts(socket: Socket, onPorts: (ports: readonly number[]) => void): void {
  let unread = 0
  socket.on('data', (chunk: Buffer) => {
    unread = chunk.includes(10) ? 0 : unread + chunk.length
    if (unread > 64 * 1024) socket.destroy()
  })
  createInterface({ input: socket }).on('line', line => {
    try {
      const ports: unknown = JSON.parse(line)
      if (Array.isArray(ports)) onPorts(ports.filter(port => Number.isInteger(port)))
    } catch {
      // Not the relay's.
    }
  })
}

/** The app's port on this machine: open while the app listens inside, so that refusals look as they should. */
function createDoor(port: number | undefined) {
  const spare: Socket[] = []
  const waiting = new Set<Socket>()
  const clients = new Set<Socket>()
  let server: Server | undefined
  let retry: NodeJS.Timeout | undefined

  const match = () => {
    for (const client of waiting) {
      const channel = spare.shift()
      if (!channel) return
      waiting.delete(client)
      enter(client, channel)
    }
  }
  const accept = (client: Socket) => {
    clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => {
      clients.delete(client)
      waiting.delete(client)
    })
    waiting.add(client)
    match()
  }
  const setOpen = (wanted: boolean) => {
    clearTimeout(retry)
    if (!wanted) {
      server?.close()
      server = undefined
    } else if (!server) {
      const opened = createServer({ allowHalfOpen: true, noDelay: true }, accept)
      opened.maxConnections = maxClients
      opened.on('error', () => {
        server = undefined
        retry = setTimeout(setOpen, 100, true)
      })
      server = opened.listen(port, '127.0.0.1')
    }
  }
  return {
    addSpare(channel: Socket) {
      if (spare.length >= maxSpare) return void channel.destroy()
      spare.push(channel)
      channel.on('close', () => {
        const at = spare.indexOf(channel)
        if (at !== -1) spare.splice(at, 1)
      })
      match()
    },
    setOpen,
    close() {
      setOpen(false)
      for (const client of clients) client.resetAndDestroy()
    },
  }
}

function enter(client: Socket, channel: Socket): void {
  const lost = () => client.resetAndDestroy()
  channel.once('close', lost)
  channel.once('data', (answer: Buffer) => {
    channel.pause()
    channel.off('close', lost)
    if (String.fromCharCode(answer[0] ?? 0) !== channels.joined) {
      channel.destroy()
      return lost()
    }
    if (answer.length > 1) channel.unshift(answer.subarray(1))
    join(client, channel)
  })
  channel.write('?')
  channel.resume()
}
