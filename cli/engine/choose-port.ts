import getPort, { portNumbers } from 'get-port'
import { BepError } from '../../fixtures/bep-error.js'

/**
 * A free port of 127.0.0.1: the one that was asked for, or the first free one from `from` on.
 * @throws BepError PORT_TAKEN when somebody listens on the one that was asked for.
 */
export async function choosePort(wanted: number | undefined, from: number): Promise<number> {
  if (wanted === undefined) {
    const first = Math.min(from, 65_535)
    return getPort({ port: portNumbers(first, Math.min(first + 100, 65_535)), host: '127.0.0.1' })
  }
  const free = await getPort({ port: wanted, host: '127.0.0.1' })
  if (free !== wanted) {
    throw new BepError('PORT_TAKEN', `port ${wanted} is taken by another program`, {
      fix: `End that program, or choose another port: \`--port ${free}\` is free.`,
    })
  }
  return free
}
