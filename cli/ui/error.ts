import picocolors from 'picocolors'
import { BepError } from '../../fixtures/bep-error.js'
import { printable } from './terminal-text.js'

/** Prints an error the one way that bep prints errors: what happened, and what mends it. */
export async function showError(thrown: unknown, json: boolean, env: NodeJS.ProcessEnv): Promise<void> {
  const error = thrown instanceof BepError ? thrown : undefined
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ error: { code: error?.code ?? 'INTERNAL', message, fix: error?.fix } }, null, 2)}\n`,
    )
    return
  }
  const colors = picocolors.createColors(!env.NO_COLOR && process.stderr.isTTY === true)
  const fix = error ? error.fix : 'This is a bug of bep: please report it with the text above.'
  process.stderr.write(`${colors.red('bep:')} ${printable(message)}\n`)
  if (!error && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`)
  if (fix !== undefined) process.stderr.write(`  ${colors.bold('Fix:')} ${fix}\n`)
}
