import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { chmod, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkSignature, signer, unsigned } from '../../../../cli/engine/batch/signature.js'
import {
  homeSigningKey,
  makeSigningKey,
  publicKeyFile,
  readPublicKey,
  readSigningKey,
} from '../../../../cli/engine/batch/signing-key.js'
import { temporaryHome } from '../../../fixtures/temporary-home.js'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const grade = { student: { name: 'Ada' }, earned: 90, note: undefined, hidden: '\ud800' }

test('a signed document is valid in whatever order its keys are read', () => {
  const signed = signer(privateKey)(grade)
  expect(signed.hidden).toBe('\ufffd')
  const { earned, ...rest } = JSON.parse(JSON.stringify(signed))
  expect(checkSignature({ ...rest, earned }, publicKey)).toBe('valid')
})

test('what was changed, is unsigned or was signed by another is told apart', () => {
  const signed = JSON.parse(JSON.stringify(signer(privateKey)(grade)))
  expect(checkSignature({ ...signed, earned: 91 }, publicKey)).toBe('changed')
  expect(checkSignature({ ...signed, added: 1 }, publicKey)).toBe('changed')
  expect(checkSignature({ ...signed, student: { name: '\ud800' } }, publicKey)).toBe('changed')
  const { value } = signed.signature
  const other = Buffer.from(value, 'base64')
  other[0] = Number(other[0]) ^ 1
  const forged = { ...signed.signature, value: other.toString('base64') }
  expect(checkSignature({ ...signed, signature: forged }, publicKey)).toBe('changed')
  expect(checkSignature({ ...signed, signature: { key: signed.signature.key } }, publicKey)).toBe('changed')
  expect(checkSignature(unsigned(signed), publicKey)).toBe('unsigned')
  expect(checkSignature(signed, generateKeyPairSync('ed25519').publicKey)).toBe('unknownKey')
})

test('a key is made once, for its owner alone, and never written over', async () => {
  const home = await temporaryHome()
  const [first, second] = [await homeSigningKey(home), await homeSigningKey(home)]
  expect(second.id).toBe(first.id)
  expect((await stat(first.file)).mode & 0o777).toBe(0o600)
  expect((await stat(path.dirname(first.file))).mode & 0o777).toBe(0o700)
  const before = await readFile(first.file, 'utf8')
  await expect(makeSigningKey(first.file)).rejects.toMatchObject({ code: 'KEY_EXISTS' })
  expect(await readFile(first.file, 'utf8')).toBe(before)
  const publicPart = await readPublicKey(publicKeyFile(first.file))
  expect(checkSignature(signer(first.privateKey)(grade), publicPart)).toBe('valid')
  expect(createPublicKey(first.privateKey).equals(publicPart)).toBe(true)

  await chmod(first.file, 0o640)
  await expect(readSigningKey(first.file)).rejects.toMatchObject({ code: 'KEY_EXPOSED' })
  await expect(readSigningKey(publicKeyFile(first.file))).rejects.toMatchObject({ code: 'KEY_EXPOSED' })
  await chmod(publicKeyFile(first.file), 0o600)
  await expect(readSigningKey(publicKeyFile(first.file))).rejects.toMatchObject({ code: 'KEY_BROKEN' })
  await expect(readPublicKey(path.join(home, 'none'))).rejects.toMatchObject({ code: 'KEY_UNREADABLE' })
})
