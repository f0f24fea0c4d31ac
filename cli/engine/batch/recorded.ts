import type { KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { BepError } from '../../../fixtures/bep-error.js'
import { type GradeRecord, gradeRecordSchema } from './grade-record.js'
import { checkSignature, type SignatureVerdict } from './signature.js'

interface Recorded {
  readonly records: readonly GradeRecord[]
  /** Records that no key vouches for, by why. */
  readonly doubtful: Readonly<Partial<Record<SignatureVerdict, readonly string[]>>>
}

/**
 * Reads the records that a batch has written, with a word on their signatures if there is a key to check them.
 * @throws BepError NO_RECORDS, RECORD_BROKEN, or RECORD_CHANGED where one is not as it was when it was signed.
 */
export async function readRecords(out: string, publicKey: KeyObject | undefined): Promise<Recorded> {
  const dir = path.join(out, 'records')
  const names = await readdir(dir).catch(() => [])
  const files = names.filter(name => name.endsWith('.json')).sort()
  if (files.length === 0) {
    throw new BepError('NO_RECORDS', `there are no records in ${dir}`, {
      fix: 'Name the folder that `bep grade submissions/ --out FOLDER` has written.',
    })
  }
  const records: GradeRecord[] = []
  const doubtful: Partial<Record<SignatureVerdict, string[]>> = {}
  for (const name of files) {
    const file = path.join(dir, name)
    const json = parseJson(file, await readFile(file, 'utf8'))
    const parsed = gradeRecordSchema.safeParse(json)
    const [issue] = parsed.error?.issues ?? []
    if (issue) throw broken(file, `${issue.path.join('.')}: ${issue.message}`)
    if (!parsed.data) continue
    if (`${parsed.data.submission}.json` !== name)
      throw broken(file, `it is the record of ${parsed.data.submission}`)
    const verdict = publicKey && checkSignature(json, publicKey)
    if (verdict === 'changed') {
      throw new BepError('RECORD_CHANGED', `${file} was changed after it was signed`, {
        fix: `Take it from a backup, or grade it again: \`bep grade … --regrade ${parsed.data.submission}\`.`,
      })
    }
    if (verdict !== undefined && verdict !== 'valid')
      doubtful[verdict] = [...(doubtful[verdict] ?? []), parsed.data.submission]
    records.push(parsed.data)
  }
  return { records, doubtful }
}

function parseJson(file: string, text: string): object {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null) return json
  } catch {}
  throw broken(file, 'it is no JSON object')
}

const broken = (file: string, what: string) =>
  new BepError('RECORD_BROKEN', `${file} is no record of this version of bep: ${what}`, {
    fix: 'Grade that submission again, or use the version of bep that wrote it.',
  })
