import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { BepError } from '../../fixtures/bep-error.js'

/**
 * Finds out before the work rather than after it that a report could not be written.
 * @throws BepError REPORT_UNWRITABLE
 */
export async function assertWritable(file: string): Promise<void> {
  await access(path.dirname(file), constants.W_OK).catch(cause => Promise.reject(unwritable(file, cause)))
  const there = await stat(file).catch(() => undefined)
  if (there?.isDirectory()) throw unwritable(file, { code: 'EISDIR' })
}

/** Writes all of it or nothing. */
export async function writeReport(file: string, text: string): Promise<void> {
  await writeFileAtomic(file, text).catch(cause => Promise.reject(unwritable(file, cause)))
}

/** A report that could not be written, and how it can. */
export function unwritable(file: string, cause: { readonly code?: string }): BepError {
  return new BepError('REPORT_UNWRITABLE', `cannot write ${file} (${cause.code})`, {
    fix: 'Name another file, in a folder that exists and can be written.',
    cause,
  })
}
