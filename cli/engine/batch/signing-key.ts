import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { makeFolder } from '../../../fixtures/disk.js'
import type { IsolationTier } from '../isolation/launcher.js'
import { isShownInSandbox } from '../isolation/sandbox-files.js'
import { keyId } from './signature.js'

/** An instructor's key, as two files: the private one (PEM, mode 600), and beside it `<file>.pub`. */
export interface SigningKey {
  readonly file: string
  readonly id: string
  readonly privateKey: KeyObject
}

/** The key that bep makes for itself. */
export const homeKeyFile = (home: string) => path.join(home, 'keys', 'grading.pem')
export const publicKeyFile = (file: string) => `${file}.pub`

/**
 * Makes a key for signing grades (Ed25519, RFC 8032) and writes both files.
 * @throws BepError KEY_EXISTS: no key is ever written over; KEY_UNWRITABLE.
 */
export async function makeSigningKey(file: string): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
    // Whole or not at all, also for another bep that makes the same key now.
    await link(draft, file)
    await writeFile(publicKeyFile(file), publicKey.export({ type: 'spki', format: 'pem' }))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') {
      throw new BepError('KEY_EXISTS', `${file} is there already`, {
        fix: 'Name another file. Grades that were signed with a key can be checked with that key alone: keep it.',
      })
    }
    throw new BepError('KEY_UNWRITABLE', `cannot write ${file} (${code})`, {
      fix: 'Name a file in a folder that exists and can be written.',
      cause,
    })
  } finally {
    await rm(draft, { force: true })
  }
  return { file, id: keyId(publicKey), privateKey }
}

/**
 * Reads a private key that nobody else can read.
 * @throws BepError KEY_UNREADABLE, KEY_BROKEN, or KEY_EXPOSED when other accounts may read the file.
 */
export async function readSigningKey(file: string): Promise<SigningKey> {
  const pem = await readPem(file)
  const { mode } = await stat(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new BepError('KEY_EXPOSED', `other accounts may read the signing key ${file}`, {
      fix: `chmod 600 ${file}, and make a new key if one of them might have done so.`,
    })
  }
  const privateKey = parseKey(file, () => createPrivateKey(pem))
  return { file, id: keyId(createPublicKey(privateKey)), privateKey }
}

/** The key of this home, made when it is first needed. */
export async function homeSigningKey(home: string): Promise<SigningKey> {
  const file = homeKeyFile(home)
  await makeFolder(path.dirname(file), 0o700)
  return makeSigningKey(file).catch((thrown: unknown) => {
    if (thrown instanceof BepError && thrown.code === 'KEY_EXISTS') return readSigningKey(file)
    throw thrown
  })
}

/**
 * The key to sign with: the named one, or the home's own. In the tier `process` there is none: a submission runs as the
 * user there, and whatever the user can read is not safe from it.
 * @throws BepError KEY_EXPOSED when such a submission could read a key that there is, and those of `readSigningKey`.
 */
export async function openSigningKey(
  home: string,
  { tier, file }: { readonly tier: IsolationTier; readonly file: string | undefined },
): Promise<SigningKey | undefined> {
  if (tier !== 'process') {
    if (file === undefined) return homeSigningKey(home)
    const key = await readSigningKey(file)
    if (tier !== 'sandbox' || !isShownInSandbox(file)) return key
    throw new BepError(
      'KEY_EXPOSED',
      `the signing key ${file} lies among the programs that submissions see`,
      {
        fix: 'Move it into a folder of its own, away from the system and from Node.js.',
      },
    )
  }
  const exposed = [file, homeKeyFile(home)].find(there => there !== undefined && existsSync(there))
  if (exposed === undefined) return undefined
  throw new BepError(
    'KEY_EXPOSED',
    `submissions would run as your own account, and could read the key that signs grades, ${exposed}`,
    {
      fix: 'Take --isolation sandbox or docker; `bep doctor` says what they lack. Or keep the key elsewhere.',
    },
  )
}

/** Reads a public key; the private one will do, too. */
export async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await readPem(file)
  return parseKey(file, () => createPublicKey(pem))
}

async function readPem(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new BepError('KEY_UNREADABLE', `cannot read the key ${file} (${cause.code})`, {
      fix: 'Name a file that `bep grade --keygen FILE` has made.',
      cause,
    })
  })
}

function parseKey(file: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject | undefined
  let cause: unknown
  try {
    key = parse()
  } catch (thrown) {
    cause = thrown
  }
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new BepError('KEY_BROKEN', `${file} is no Ed25519 key in PEM`, {
    fix: 'Name a file that `bep grade --keygen FILE` has made.',
    cause,
  })
}
