import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../fixtures/bep-error.js'
import type { CliContext, ExitCode } from '../context.js'
import { type Certified, certify } from '../engine/batch/certified.js'
import { keyId } from '../engine/batch/signature.js'
import { homeKeyFile, makeSigningKey, publicKeyFile, readPublicKey } from '../engine/batch/signing-key.js'
import { homeDir } from '../engine/home.js'
import { printable } from '../ui/terminal-text.js'

/** `bep grade --keygen FILE` */
export async function makeKey(
  file: string,
  { json }: { json?: boolean },
  context: CliContext,
): Promise<ExitCode> {
  const { id, file: made } = await makeSigningKey(path.resolve(context.cwd, file))
  const files = { id, privateKey: made, publicKey: publicKeyFile(made) }
  context.out(
    json
      ? `${JSON.stringify(files, null, 2)}\n`
      : `Key ${id} is in ${file}: keep it to yourself, and sign with \`bep grade … --key ${file}\`.\nWho has ${publicKeyFile(file)} can check what it signed: \`bep grade --verify FILE --public-key ${publicKeyFile(file)}\`.\n`,
  )
  return 0
}

interface VerifyOptions {
  readonly publicKey?: string
  readonly json?: boolean
}

/** `bep grade --verify FILE…`: exit code 1 if one of them is not what was signed. */
export async function verifyFiles(
  files: readonly string[],
  options: VerifyOptions,
  { cwd, env, out, colors }: CliContext,
): Promise<ExitCode> {
  const keyFile =
    options.publicKey === undefined
      ? publicKeyFile(homeKeyFile(homeDir(env)))
      : path.resolve(cwd, options.publicKey)
  const key = await readPublicKey(keyFile)
  const verdicts = await Promise.all(
    files.map(async file => {
      const text = await readFile(path.resolve(cwd, file), 'utf8').catch(cause => {
        throw new BepError('FILE_UNREADABLE', `cannot read ${file} (${cause.code})`, {
          fix: 'Name a record or a results.json of a batch.',
          cause,
        })
      })
      return { file, ...certify(text, key) }
    }),
  )
  if (options.json) out(`${JSON.stringify({ key: keyId(key), files: verdicts }, null, 2)}\n`)
  else {
    for (const { file, wrong, certified } of verdicts) {
      const told = wrong ?? (certified ? certificate(certified) : '')
      out(`${wrong === undefined ? colors.green('✓') : colors.red('✗')} ${printable(file)}  ${told}\n`)
    }
    out(`${colors.dim(`key ${keyId(key)}`)}\n`)
  }
  return verdicts.every(({ wrong }) => wrong === undefined) ? 0 : 1
}

function certificate({
  student,
  submission,
  outcome,
  earned,
  possible,
  isolation,
  ...rest
}: Certified): string {
  const mark = earned === undefined ? outcome : `${earned} of ${possible} points`
  return [
    printable(`${student.name} (${student.id === student.name ? submission : student.id})`),
    mark,
    ...(isolation === undefined ? [] : [`graded in ${isolation}`]),
    rest.gradedAt,
    ...(rest.hash === undefined ? [] : [`submission ${rest.hash.slice(0, 16)}…`]),
  ].join(' · ')
}
