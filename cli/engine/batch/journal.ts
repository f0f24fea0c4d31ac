import { createPublicKey } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { BepError } from '../../../fixtures/bep-error.js'
import { asDiskError } from '../../../fixtures/disk.js'
import { jsonText } from '../json-text.js'
import { lockFolder } from './batch-lock.js'
import { type GradeRecord, gradeRecordSchema } from './grade-record.js'
import { checkSignature } from './signature.js'
import type { SigningKey } from './signing-key.js'

/** What a batch writes while it runs, one file a submission, so that nothing is lost whenever it is killed. */
export interface Journal {
  /** The seed of the batch, from before if it was begun before. */
  readonly seed: number
  /** What earlier runs have written, by submission. */
  readonly records: ReadonlyMap<string, GradeRecord>
  /** Why files of earlier runs cannot be trusted; they are graded again. */
  readonly refused: readonly string[]
  /** Writes all of it or nothing, and is on the disk when this resolves. */
  write(record: GradeRecord): Promise<void>
  close(): Promise<void>
}

interface JournalOptions {
  readonly seed: number
  /** The user has named it. */
  readonly seedIsFixed: boolean
  /** Go on with what is there. */
  readonly resume: boolean
  /** Records without a valid signature of it are not trusted. */
  readonly key: SigningKey | undefined
}

/**
 * Opens `<out>/records` and keeps it for this process.
 * @throws BepError BATCH_EXISTS when there are records and nobody said to go on, BATCH_LOCKED, BATCH_SEED,
 *   OUT_UNWRITABLE.
 */
export async function openJournal(out: string, options: JournalOptions): Promise<Journal> {
  const dir = path.join(out, 'records')
  await mkdir(dir, { recursive: true }).catch(cause => Promise.reject(unwritable(out, cause)))
  const unlock = await lockFolder(out).catch(thrown => Promise.reject(unwritable(out, thrown)))
  try {
    const names = (await readdir(dir)).filter(name => name.endsWith('.json'))
    if (names.length > 0 && !options.resume) throw exists(out, names.length)
    const records = new Map<string, GradeRecord>()
    const refused: string[] = []
    for (const name of names) {
      const found = readRecord(name, await readFile(path.join(dir, name), 'utf8'), options.key)
      if (typeof found === 'string') refused.push(`records/${name} ${found}`)
      else records.set(found.submission, found)
    }
    return {
      seed: seedOf(out, records.values(), options),
      records,
      refused,
      async write(record) {
        await writeFileAtomic(path.join(dir, `${record.submission}.json`), jsonText(record)).catch(cause =>
          Promise.reject(unwritable(out, cause)),
        )
      },
      close: unlock,
    }
  } catch (thrown) {
    await unlock()
    throw thrown
  }
}

/** A record, or what is wrong with it. */
function readRecord(name: string, text: string, key: SigningKey | undefined): GradeRecord | string {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return 'is no JSON'
  }
  const { data: record, error } = gradeRecordSchema.safeParse(json)
  if (!record) return `is no record of this bep: ${error.issues[0]?.path.join('.')}`
  if (`${record.submission}.json` !== name) return `is the record of ${record.submission}`
  if (!key) return record
  // What was read, not what the schema made of it, was signed.
  const verdict = checkSignature(json as object, createPublicKey(key.privateKey))
  if (verdict === 'valid') return record
  return { changed: 'was changed', unknownKey: 'was signed with another key', unsigned: 'is not signed' }[
    verdict
  ]
}

/** All students of a batch face the same random values, also those that a later run grades. */
function seedOf(
  out: string,
  records: Iterable<GradeRecord>,
  { seed, seedIsFixed }: Pick<JournalOptions, 'seed' | 'seedIsFixed'>,
): number {
  const kept = [...records].find(({ results }) => results)?.results?.seed ?? seed
  if (!seedIsFixed || kept === seed) return kept
  throw new BepError('BATCH_SEED', `the batch in ${out} was begun with the seed ${kept}, not ${seed}`, {
    fix: `Leave --seed out, or grade all of it with --seed ${seed} into another folder (--out).`,
  })
}

const exists = (out: string, count: number) =>
  new BepError('BATCH_EXISTS', `${out} holds the records of ${count} submissions already`, {
    fix: 'Go on with that batch: add --resume. Or begin another one: name another folder with --out.',
  })

function unwritable(out: string, cause: unknown): unknown {
  if (cause instanceof BepError) return cause
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return asDiskError(cause, out)
  return new BepError('OUT_UNWRITABLE', `cannot write into ${out} (${code})`, {
    fix: 'Name a folder with --out that can be made and written.',
    cause,
  })
}
