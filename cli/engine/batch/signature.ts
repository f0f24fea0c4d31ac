import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { toUSVString } from 'node:util'
import canonicalize from 'canonicalize'
import { z } from 'zod'

export const signatureSchema = z
  .object({
    algorithm: z.literal('Ed25519'),
    key: z.string().describe('the first 16 hex digits of the SHA-256 of the public key (SPKI, DER)'),
    value: z.string().describe('base64; over the document without `signature`, as canonical JSON (RFC 8785)'),
  })
  .describe("made with the instructor's key; `bep grade --verify` checks it")

export type Signature = z.infer<typeof signatureSchema>

/** Signs documents: what a batch writes about a submission. */
export type Sign = <T extends object>(document: T) => T & { signature?: Signature }

/** Whose key made the signature, and whether the document is as it was then. */
export type SignatureVerdict = 'valid' | 'changed' | 'unknownKey' | 'unsigned'

/** Signs with this private key. The document that is returned is the one to write: text that is no Unicode is mended. */
export const signer =
  (privateKey: KeyObject): Sign =>
  document => {
    const { signature: _, ...bare } = asJson(document)
    const value = sign(null, bytesOf(bare), privateKey).toString('base64')
    return {
      ...bare,
      signature: { algorithm: 'Ed25519', key: keyId(createPublicKey(privateKey)), value },
    } as never
  }

/** For where there is no key: leaves documents as they are, without a signature. */
export const unsigned: Sign = document => {
  const { signature: _, ...bare } = asJson(document)
  return bare as never
}

/** Judges a document that was read, by the only key that is trusted. */
export function checkSignature(document: object, publicKey: KeyObject): SignatureVerdict {
  const { signature: found, ...bare } = document as Record<string, unknown>
  if (found === undefined) return 'unsigned'
  const { data: signature } = signatureSchema.safeParse(found)
  if (!signature) return 'changed'
  if (signature.key !== keyId(publicKey)) return 'unknownKey'
  try {
    const value = Buffer.from(signature.value, 'base64')
    return verify(null, bytesOf(bare), publicKey, value) ? 'valid' : 'changed'
  } catch {
    // Canonical JSON knows no lone surrogates, and bep signs none.
    return 'changed'
  }
}

/** Names a public key. */
export const keyId = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)

const bytesOf = (document: object): Buffer => Buffer.from(canonicalize(document) ?? '', 'utf8')

/** As a reader of the file will see it; a lone surrogate, as an app may send one, is replaced. */
function asJson(document: object): Record<string, unknown> {
  const text = JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'string' ? toUSVString(value) : value,
  )
  return JSON.parse(text) as Record<string, unknown>
}
